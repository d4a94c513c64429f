// Shows openapi.json beside this page; nothing is ever fetched from another host.
// Where the routes are served elsewhere (on the admin listener), they can be read but not tried.
"use strict";
fetch("openapi.json").then((answer) => answer.json()).then((spec) => {
  const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
  SwaggerUIBundle({
    spec,
    dom_id: "#routes",
    deepLinking: true,
    validatorUrl: null,
    supportedSubmitMethods: spec["x-served-elsewhere"] ? [] : methods,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
