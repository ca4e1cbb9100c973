"""The crawl engine: gets a plan and a sink, knows no database. One Scrapy reactor lives once in a process."""
