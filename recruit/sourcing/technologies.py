"""Technologies by name: languages, frameworks, platforms and products that a firm says it works with.

Text is cut into words and these are looked up, alone and as phrases of up to three. A name that is an
everyday word too ("Go", "Spring", "Chef") counts only where technologies are being listed.
"""

import re
from collections.abc import Iterator

from recruit.sourcing.text import clean

# canonical name, then other spellings after "=" (commas between), all in lower case; ";" parts the names.
_PLAIN = """
javascript=js,es6,es2015,ecmascript;typescript;python;java;php;ruby;c#=csharp;c++=cpp;objective-c=objective c;kotlin;scala
;perl;haskell;erlang;elixir;clojure;clojurescript;golang>go;coffeescript;actionscript;groovy;fortran;cobol;solidity;matlab
;f#;ocaml;t-sql=tsql,transact-sql;pl/sql=plsql;sql;html=xhtml;css;sass=scss;stylus;graphql;grpc;webrtc;webassembly=wasm
;websocket=websockets;wireguard;react=react.js,reactjs;react native=react-native;redux;vue.js=vue,vuejs,vue js;nuxt.js=nuxt,nuxtjs
;angular;angularjs=angular.js,angular js;ember.js=emberjs;backbone.js=backbone,backbonejs;next.js=nextjs,next js
;node.js=node,nodejs,node js;express.js=expressjs;nestjs=nest.js;jquery;underscore.js=underscorejs;d3.js=d3;three.js=threejs
;svelte;sveltekit;gatsbyjs>gatsby;meteor.js>meteor;electron=electron.js;ionic;cordova;phonegap;flutter
;xamarin;webpack;jest;cypress;storybook;tailwind=tailwindcss,tailwind css;bootstrap;moment.js=momentjs;knockout.js
;marionette.js=marionettejs;handlebars;ruby on rails=rails,ror,ruby-on-rails;rspec;sidekiq;django
;django rest framework=drf;fastapi;pandas;numpy;scrapy;tensorflow;pytorch;keras;scikit-learn=sklearn;jupyter
;opencv;laravel;symfony;codeigniter;cakephp;yii;zend framework=zend;phpunit;wordpress=wp;woocommerce;drupal;joomla;magento
;typo3;moodle;ilias;prestashop;shopify;bigcommerce;salesforce;sharepoint;dynamics 365;.net=dotnet,.net core,.net framework,dot net
;asp.net=asp.net mvc,asp.net core,asp .net;blazor;spring boot=springboot;java ee=j2ee,jee,jakarta ee;hibernate;maven;gradle;quarkus
;dropwizard;jboss;tomcat;openjdk;akka;kafka=apache kafka;spark=apache spark;hadoop;hbase;hive;cassandra;zookeeper;solr
;elasticsearch=elastic search;logstash;kibana;rabbitmq;activemq;celerybeat;redis;memcached;mysql;mariadb;postgresql=postgres,postgressql,postgresssql,postgre
;postgis;sqlite;sql server=mssql,ms-sql,ms sql,microsoft sql server;mongodb=mongo,mongo db;couchdb;couchbase;dynamodb>aws dynamodb;neo4j;influxdb
;timescaledb;clickhouse;cockroachdb;snowflake;redshift;bigquery;teradata;databricks;tableau;power bi=powerbi;airflow;dbt;firebase
;supabase;citus;eventstoredb=eventstore;prisma;trpc;docker;kubernetes=k8s;helm charts>helm;openshift;openstack;mesos;terraform;ansible
;saltstack;vagrant;vmware;lxc;rkt;jenkins;travis ci=travisci;circleci=circle ci;teamcity;buildkite;gitlab;gitlab ci;github
;github actions;bitbucket;git;subversion=svn;mercurial;artifactory;npm;linux;ubuntu;debian;centos;fedora;unix;windows;macos=os x,osx,mac os,mac os x
;ios;android;red hat enterprise linux=rhel;aws=amazon web services;aws ec2=ec2,amazon ec2;aws s3=s3,amazon s3;aws lambda;aws rds=amazon rds
;aws eks=eks;aws ecs=ecs;aws elb=amazon elb,elb;aws ses=amazon ses,ses;aws sqs=sqs;aws kinesis=kinesis;aws cloudwatch=cloudwatch;aws dynamodb;azure=microsoft azure,ms azure
;azure devops;azure functions;google cloud=gcp,google cloud platform;google compute engine;heroku;digitalocean=digital ocean;rackspace;netlify;vercel
;cloudflare;fastly;nginx;apache;haproxy;varnish;openresty;istio;prometheus;grafana;datadog;new relic=newrelic;splunk;graylog;pagerduty
;statuscake;victorops;segment.io;mixpanel;google analytics;google tag manager;google ads=adwords,google adwords;facebook ads;google data studio
;mailchimp;intercom;zendesk;twilio;stripe api;algolia;contentful;figma;photoshop;webflow;bubble=bubble.io;zapier;airtable
;unity3d;unreal engine;watermelondb;livewire;rxjs;rxswift;swiftui;core ml;arm;powershell;bash;lua;ceph;faunadb>fauna;xero;quickbooks;hubspot
;slack;zoom;jira;confluence;trello;asana;mattermost;hipchat;google workspace=google apps,g suite,gsuite;google hangouts
;google meet;google drive;microsoft 365=office 365;microsoft office=ms office;whatsapp;wechat;facebook messenger;selenium;playwright;puppeteer
;appium;junit;testng;cucumber;postman;swagger;openapi;pug;apollo graphql>apollo;hasura;strapi;sanity.io;directus;woo commerce>woocommerce
;cakephp3>cakephp;tensor flow>tensorflow;gatsby;solidjs;elm lang>elm;crystal lang;tile38;osrm;weweb;wix;framer;illumos;omnios;riemann;openscap
;mstest;linq to sql;wp rocket;imagify;laravel envoyer;phoenix framework>phoenix;redhat openshift>openshift;data grid
"""
# Everyday words: only where technologies are listed.
_EVERYDAY = """
go;c;r;rust;swift;dart;julia;elm;spring;chef;puppet;oracle;express;phoenix;apollo;sketch;principle;unity;segment;stripe;shell=shell scripting,bash scripting
;spark;hive;storm;flink;beam;less;helm;salt;gin;echo;play=play framework;lift;crystal;nim;zig;haxe;processing;instagram;glide;gemini;liquid;cash.js;hcl;amq
;maven;ant;sap;notion;miro;linear;sanity;ember.js=ember;meteor;gatsby;babel;mocha;celery;flask;sentry;nomad;consul;envoy;travis ci=travis;marionette.js=marionette;sinatra;fauna;packer;looker;google hangouts=hangouts;invision;remix;astro;vite;parcel;ruby;pug;arm;access;excel;delphi;pascal;ada;lisp;scheme;prolog;vba;apex;electron
"""
_WORD = re.compile(r"[A-Za-z0-9.][A-Za-z0-9.+#]*(?:-[A-Za-z0-9]+)*")
_VERSION = re.compile(r"^([a-z][a-z.+#]*?)(?:-?[0-9]+(?:\.[0-9x]+)*\+?)$")
_KEEP = frozenset({"d3", "s3", "ec2", "web3", "k8s", "es6", "es2015", "tile38", "c", "r"})
_LONGEST = 3


def _read(table: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for entry in table.replace("\n", "").split(";"):
        spellings, _, target = entry.strip().partition(">")
        name, _, others = spellings.partition("=")
        for spelling in filter(None, (name, *others.split(","))):
            names[spelling] = target or name
    return names


_NAMES = _read(_PLAIN)
_ALSO = _read(_EVERYDAY)
_FIRST = frozenset(name.partition(" ")[0] for name in (*_NAMES, *_ALSO))
# The same at the end of a sentence.
_MAY_BEGIN = _FIRST | {f"{first}." for first in _FIRST} | {f"{first}..." for first in _FIRST}
_GAPS = {code: " " for code in range(128) if not re.match("[a-z0-9.+#-]", chr(code))}
_DIGIT = re.compile("[0-9]")
_VERSIONED = re.compile("[0-9](?:(?<=[A-Za-z.+#].)|(?<=[A-Za-z.+#]-.))")
TECHNOLOGIES = frozenset(_NAMES.values()) | frozenset(_ALSO.values())


def may_name_technologies(text: str) -> bool:
    """Tell whether a text has a word that a technology's name may begin with; a quick look for the most texts."""
    lower = text.lower()
    if lower.isascii():
        for edge in (" -", "- ", " +", " #"):
            lower = lower.replace(edge, " ")
        words = lower.translate(_GAPS).split()
    else:
        words = _WORD.findall(lower)
    return not _MAY_BEGIN.isdisjoint(words) or bool(_VERSIONED.search(text))


def find_technologies(text: str, *, listed: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the technologies that a text names, each with the words that name it.

    `listed` tells that the text lists technologies, so that everyday words count.
    """
    words = [(match[0].rstrip("."), match.start()) for match in _WORD.finditer(text)]
    words = [(word, start) for word, start in words if word]
    at = 0
    while at < len(words):
        # Nearly every word begins no name, and one look tells.
        first = words[at][0].lower()
        if first not in _FIRST and not _DIGIT.search(first):
            at += 1
            continue
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            spoken = " ".join(word for word, _ in words[at : at + length])
            # Words of one name stand side by side, with nothing but a space between.
            if length > 1 and len(spoken) != _reach(words, at, length):
                continue
            if found := _look_up(spoken, listed=listed):
                yield found, spoken
                at += length
                break
        else:
            at += 1


def technology_of(item: str) -> str | None:
    """Return the technology that the whole of a list's item names, in its usual spelling."""
    return _look_up(clean(item).strip(" ."), listed=True) if item.strip(" .") else None


def is_everyday(name: str) -> bool:
    """Tell whether a technology is called as an everyday word is."""
    return name in _ALSO and name not in _NAMES


def _reach(words: list[tuple[str, int]], at: int, length: int) -> int:
    last, start = words[at + length - 1]
    return start + len(last) - words[at][1]


def _look_up(spoken: str, *, listed: bool) -> str | None:
    key = spoken.lower()
    name = _NAMES.get(key)
    if name is None and listed:
        name = _ALSO.get(key)
    if name is None and key not in _KEEP and (version := _VERSION.match(key)):
        name = _NAMES.get(version[1]) or (_ALSO.get(version[1]) if listed else None)
    if name is not None and not listed and spoken.islower() and len(spoken) < 5 and key in _SHORT:
        return None
    return name


# In running text these are names only where they are written as names.
_SHORT = frozenset({"node", "git", "sql", "vue", "wp", "ses", "elb", "npm", "rails", "zoom", "d3"})


def is_list(line: str) -> bool:
    """Tell whether a line lists technologies: several plain names, and few words beside them."""
    words = _WORD.findall(line)
    if len(words) < 2:
        return len(words) == 1 and line.strip(" .*-")[:1].isupper() and len(line) < 25
    plain = sum(len(spoken.split()) for _, spoken in find_technologies(line))
    return plain >= 2 and plain * 4 >= len(words)
