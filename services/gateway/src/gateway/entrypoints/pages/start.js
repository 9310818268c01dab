// What the page knows from answers: a member's name and its last value. It fills parameters and bodies of that name, so
// that an example asks for what is there.
const known = {};
const NAMES = ["bill_id", "payment_id", "application_id", "certificate_id", "transaction_token", "document"];
const KEY = "Idempotency-Key";

function freshKey() {
  // Not crypto.randomUUID: browsers have it on https and localhost only.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The names whose values the answer changed.
function learn(answer) {
  const told = Object.fromEntries(NAMES.filter((name) => typeof answer[name] === "string").map((name) => [name, answer[name]]));
  if (told.transaction_token) told.token = told.transaction_token;
  if (answer.bills?.length) Object.assign(told, { bill_id: answer.bills[0].bill_id, amount: answer.bills[0].amount });
  const changed = Object.keys(told).filter((name) => JSON.stringify(told[name]) !== JSON.stringify(known[name]));
  Object.assign(known, told);
  return changed;
}

function eachOperation(visit) {
  const paths = window.ui.specSelectors.specJson().get("paths")?.toJS() ?? {};
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
      if (operation.responses) visit([path, method], operation, parameters);
    }
  }
}

// A key is for one effect, so each try gets its own; to repeat a request, put its key back. What a person wrote into a
// body stays until an answer brings something new for it.
function prepare(changed = []) {
  eachOperation((place, operation, parameters) => {
    for (const { in: where, name } of parameters) {
      const value = name === KEY ? freshKey() : where === "path" && changed.includes(name) ? known[name] : undefined;
      if (value) window.ui.specActions.changeParam(place, name, where, value);
    }
    const example = operation.requestBody?.content?.["application/json"]?.example ?? {};
    const names = Object.keys(example).filter((name) => name in known);
    if (names.some((name) => changed.includes(name))) {
      const body = { ...example, ...Object.fromEntries(names.map((name) => [name, known[name]])) };
      window.ui.oas3Actions.setRequestBodyValue({ value: JSON.stringify(body, null, 2), pathMethod: place });
    }
  });
}

// validatorUrl null: the page asks nobody but this gateway.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  validatorUrl: null,
  onComplete: () => prepare(),
  // Without credentials of its own, the browser does not ask for a password when a secret is refused.
  requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
  responseInterceptor: (response) => {
    if (!response.url.endsWith("/openapi.json")) {
      const isJson = response.ok && response.headers?.["content-type"] === "application/json";
      const changed = isJson ? learn(JSON.parse(response.text)) : [];
      setTimeout(() => prepare(changed)); // after the page has shown the answer and what was sent
    }
    return response;
  },
});
