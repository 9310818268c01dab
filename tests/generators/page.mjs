// What a person does on the documentation page, in Chromium: sign in with a wrong and a right secret, fetch twice, pay,
// look. GATEWAY_URL and KIOSK (`client id:secret`) come from the environment, as does PICTURES, a folder, if wanted.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const { GATEWAY_URL, KIOSK, CHROMIUM, PICTURES } = process.env;
const [clientId, secret] = KIOSK.split(":");
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
const failures = [];
page.on("pageerror", (error) => failures.push(String(error)));
page.on("request", (request) => {
  if (!request.url().startsWith(GATEWAY_URL) && !request.url().startsWith("data:")) failures.push(request.url());
});

const picture = async (name) => PICTURES && page.screenshot({ path: `${PICTURES}/${name}.png` });

async function signIn(password) {
  await page.locator("button.authorize").first().click();
  const form = page.locator(".auth-container");
  await form.locator("input[data-name=clientId], #client_id_clientCredentials, #client_id").first().fill(clientId);
  await form.locator("input[data-name=clientSecret], #client_secret_clientCredentials, #client_secret").first().fill(password);
  await form.locator("button.authorize").click();
}

async function execute(operation) {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  if (!(await block.locator(".try-out__btn").count())) await block.locator(".opblock-summary-control").click();
  const tryOut = block.locator(".try-out__btn:not(.cancel)");
  await block.locator(".try-out__btn").waitFor();
  if (await tryOut.count()) await tryOut.click();
  const answered = page.waitForResponse((response) => response.request().resourceType() === "fetch");
  await block.locator("button.execute").click();
  const response = await answered;
  await block.locator(".live-responses-table .response-col_status").first().waitFor();
  await page.waitForTimeout(200);
  return { status: response.status(), sent: response.request().headers(), body: await response.json() };
}

await page.goto(`${GATEWAY_URL}/docs`);
await page.locator(".opblock").first().waitFor();
await picture("page");

// A dialog of the browser would hold the answer back for ever.
await signIn("wrong");
await page.locator(".auth-container .errors").getByText("invalid_client").waitFor({ timeout: 10_000 });
await picture("wrong-secret");
await page.locator(".modal-ux .close-modal").click();
await signIn(secret);
await page.locator(".auth-container").getByText("Logout").waitFor({ timeout: 10_000 });
await picture("signed-in");
await page.locator(".modal-ux .close-modal").click();

const first = await execute("fetch_bills");
const second = await execute("fetch_bills");
assert.deepEqual([first.status, second.status], [201, 201]);
assert.notEqual(first.sent["idempotency-key"], second.sent["idempotency-key"]);
await picture("fetched");
const paid = await execute("create_payment");
assert.equal(paid.status, 201, JSON.stringify(paid.body));
assert.equal(paid.body.bill_id, second.body.bills[0].bill_id);
for (const operation of ["get_payment", "get_receipt", "get_transaction", "get_wallet", "list_billers", "get_biller"]) {
  const read = await execute(operation);
  assert.equal(read.status, 200, `${operation} ${JSON.stringify(read.body)}`);
}
const applied = await execute("submit_application");
assert.equal(applied.status, 201, JSON.stringify(applied.body));
const application = await execute("get_application");
assert.equal(application.body.application_id, applied.body.application_id);
await picture("applied");
assert.deepEqual(failures, []);
await browser.close();
