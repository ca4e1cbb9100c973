/* Gives a SCORM package the interface that it looks for in the windows above its own, with what was kept
   of the last visit, and then opens it. */
(() => {
  "use strict";
  const given = JSON.parse(document.getElementById("given").textContent);
  const settings = {
    lmsCommitUrl: given.commit,
    autocommit: true,
    autocommitSeconds: 5,
    terminateCommitParam: "last",
    alwaysSendTotalTime: true,
    logLevel: 5,
  };
  const is12 = given.version === "1.2";
  const api = is12 ? new window.Scorm12API(settings) : new window.Scorm2004API(settings);
  api.loadFromJSON(given.cmi, "cmi");
  window[is12 ? "API" : "API_1484_11"] = api;
  document.getElementById("sco").src = given.launch;
})();
