// Somebody signs in to an app that openid-client speaks for, and jose verifies what comes of it: nothing is said to
// either but where the issuer is. GATEWAY_URL, APP (a client id), REDIRECT_URI and CODES (the file that one-time codes
// come to) are from the environment; so is ALGORITHM, what the app's ID tokens are signed with.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import * as oidc from "openid-client";

const { GATEWAY_URL, APP, REDIRECT_URI, CODES, ALGORITHM } = process.env;
const mobile = `9${String(Math.floor(Math.random() * 1e9)).padStart(9, "0")}`;

// The sandbox's gateway is on this machine, without TLS.
const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
// An app that was registered with another algorithm than the usual one says so, to its library as to the server.
const registered = ALGORITHM === "EdDSA" ? undefined : { id_token_signed_response_alg: ALGORITHM };
const app = await oidc.discovery(new URL(GATEWAY_URL), APP, registered, oidc.None(), { execute });
const server = app.serverMetadata();
assert(server.supportsPKCE());
assert.deepEqual(server.id_token_signing_alg_values_supported, ["EdDSA", "RS256"]);

let cookie = "";
async function page(address, form) {
  const answer = await fetch(address, {
    method: form ? "POST" : "GET",
    body: form && new URLSearchParams(form),
    headers: { Accept: "text/html", Cookie: cookie },
    redirect: "manual",
  });
  cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
  return { status: answer.status, text: await answer.text(), location: answer.headers.get("location") };
}

const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
const address = oidc.buildAuthorizationUrl(app, {
  redirect_uri: REDIRECT_URI,
  scope: "openid billers:read",
  code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state: expectedState,
  nonce: expectedNonce,
});
const first = await page(address);
assert.equal(first.status, 200, first.text);
const csrf_token = first.text.match(/name="csrf_token" value="([^"]+)"/)[1];
assert.equal((await page(new URL("/v1/oauth2/sign-in", GATEWAY_URL), { csrf_token, mobile })).status, 200);
const { code } = JSON.parse(await readFile(CODES, "utf8")).findLast((sent) => sent.mobile === mobile);
const back = await page(new URL("/v1/oauth2/sign-in/code", GATEWAY_URL), { csrf_token, code });
assert.equal(back.status, 303, back.text);

const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
const tokens = await oidc.authorizationCodeGrant(app, new URL(back.location), checks);
const person = tokens.claims().sub;
assert.match(person, /^per_/);

const keys = createRemoteJWKSet(new URL(server.jwks_uri));
const verified = await jwtVerify(tokens.access_token, keys, { issuer: server.issuer, audience: "emitra", typ: "at+jwt" });
assert.deepEqual(verified.payload.person, { id: person, role: "citizen" });
const { typ, alg } = decodeProtectedHeader(tokens.id_token);
assert.deepEqual({ typ, alg }, { typ: "JWT", alg: ALGORITHM });
const told = await jwtVerify(tokens.id_token, keys, { issuer: server.issuer, audience: APP, algorithms: [ALGORITHM] });
assert.equal(told.payload.sub, person);
assert.deepEqual(await oidc.fetchUserInfo(app, tokens.access_token, person), { sub: person });

// A code that comes back from another issuer is none of this one's (RFC 9207).
const mixedUp = new URL(back.location);
mixedUp.searchParams.set("iss", "https://other.example");
await assert.rejects(oidc.authorizationCodeGrant(app, mixedUp, checks), { code: "OAUTH_INVALID_RESPONSE" });

const renewed = await oidc.refreshTokenGrant(app, tokens.refresh_token);
assert.equal((await oidc.tokenIntrospection(app, renewed.access_token)).active, true);
await oidc.tokenRevocation(app, renewed.refresh_token);
assert.equal((await oidc.tokenIntrospection(app, renewed.access_token)).active, false);
await assert.rejects(oidc.refreshTokenGrant(app, renewed.refresh_token), { error: "invalid_grant" });
