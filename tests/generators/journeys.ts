// Both journeys with the types that openapi-typescript made; tsc checks every member that is named here.
// GATEWAY_URL, and KIOSK and OFFICER as `client id:secret`, come from the environment.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./emitra_generated.d.ts";

type Bill = components["schemas"]["BillShown"];
type Signed = ReturnType<typeof createClient<paths>>;

const baseUrl = process.env.GATEWAY_URL!;
const PATIENCE_MS = 20_000;
const anybody = createClient<paths>({ baseUrl });
const key = () => ({ "Idempotency-Key": randomUUID() });

async function signedIn(client: "KIOSK" | "OFFICER"): Promise<Signed> {
  const [client_id, client_secret] = process.env[client]!.split(":");
  const { data, error } = await anybody.POST("/v1/oauth2/token", {
    body: { grant_type: "client_credentials", client_id, client_secret },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
  assert(data, error?.detail);
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${data.access_token}` } });
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    assert(Date.now() < giveUpAt, "not in time");
    await pause(100);
  }
}

async function pay(kiosk: Signed, bill: Bill) {
  const { data, error } = await kiosk.POST("/v1/payments", {
    params: { header: key() },
    body: { bill_id: bill.bill_id, amount: bill.amount, mode: "WALLET" },
  });
  assert(data, error?.detail);
  assert.equal(data.status, "COMPLETED");
  return data;
}

async function payABill(kiosk: Signed) {
  const listed = await kiosk.GET("/v1/billers", { params: { query: { category: "ELECTRICITY" } } });
  const biller = listed.data?.items.find(({ biller_id }) => biller_id === "JVVNL");
  assert(biller);
  const fetched = await kiosk.POST("/v1/bill-fetches", {
    params: { header: key() },
    body: { biller_id: biller.biller_id, customer_params: { [biller.customer_params[0].name]: "200000000713" } },
  });
  assert(fetched.data, fetched.error?.detail);
  const [bill] = fetched.data.bills;
  const { payment_id, transaction_token, receipt } = await pay(kiosk, bill);
  const read = await kiosk.GET("/v1/payments/{payment_id}/receipt", { params: { path: { payment_id } } });
  assert.deepEqual(read.data, receipt);
  assert.equal(read.data?.total.amount, bill.total.amount);
  const followed = await kiosk.GET("/v1/transactions/{token}", { params: { path: { token: transaction_token } } });
  assert.equal(followed.data?.reference_id, payment_id);
  const nothing = await kiosk.GET("/v1/payments/{payment_id}", { params: { path: { payment_id: "pay_nothing" } } });
  assert.equal(nothing.error?.code, "payment-not-found");
}

async function getACertificate(kiosk: Signed, officer: Signed) {
  const described = await kiosk.GET("/v1/application-types/{application_type}", {
    params: { path: { application_type: "domicile" } },
  });
  assert(described.data, described.error?.detail);
  const asked = described.data.form.fields.filter(({ required }) => required);
  const sample = ({ name, type }: (typeof asked)[number]) =>
    name === "name_hi" ? "सैंडबॉक्स" : type === "date" ? "1990-04-01" : "Sandbox";
  const applied = await kiosk.POST("/v1/applications", {
    params: { header: key() },
    body: {
      application_type: "domicile",
      district_code: "102",
      applicant: Object.fromEntries(asked.map((field) => [field.name, sample(field)])),
    },
  });
  assert(applied.data, applied.error?.detail);
  const { application_id, fee } = applied.data;
  const payWith = fee.pay_with;
  assert(payWith);
  // Billing hears of the fee by an event; until then it answers with a problem.
  const bill = await eventually(async () => {
    const demand = await kiosk.POST("/v1/bill-fetches", { params: { header: key() }, body: payWith });
    return demand.data?.bills[0];
  });
  await pay(kiosk, bill);
  const path = { application_id };
  await eventually(async () => {
    const read = await kiosk.GET("/v1/applications/{application_id}", { params: { path } });
    return read.data?.state === "IN_VERIFICATION";
  });
  const decided = await officer.POST("/v1/applications/{application_id}/decisions", {
    params: { path, header: key() },
    body: { decision: "approve", remarks: "Documents seen." },
  });
  assert.equal(decided.data?.state, "ISSUED", decided.error?.detail);
  const certificate_id = decided.data.certificate_id!;
  const certificate = await kiosk.GET("/v1/certificates/{certificate_id}", { params: { path: { certificate_id } } });
  assert(certificate.data, certificate.error?.detail);
  const verdict = await anybody.POST("/v1/certificate-verifications", {
    body: { document: certificate.data.document },
  });
  assert.deepEqual([verdict.data?.valid, verdict.data?.reason], [true, null]);
  assert.equal(verdict.data?.certificate?.certificate_number, certificate.data.certificate_number);
}

const kiosk = await signedIn("KIOSK");
await payABill(kiosk);
await getACertificate(kiosk, await signedIn("OFFICER"));
