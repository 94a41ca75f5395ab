// An agency's sign-in (oidc-provider): signs everybody in at once as the account named by PUT /who, whose claims are the body.
// `node provider.mjs PORT ISSUER REDIRECT_URI`; prints "ready".
import http from "node:http";
import Provider from "oidc-provider";

const [port, issuer, redirect] = process.argv.slice(2);
let who = { sub: "nobody" };

const provider = new Provider(issuer, {
  clients: [{ client_id: "office", client_secret: "a-secret-of-tests", redirect_uris: [redirect], response_types: ["code"], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub", "amr", "auth_time"], email: ["email", "email_verified"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ ...who, sub: id }) }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email");
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
});

/** @param {http.IncomingMessage} request */
async function body(request) {
  let text = "";
  for await (const part of request) text += part;
  return JSON.parse(text || "{}");
}

const answer = provider.callback();
http
  .createServer(async (request, response) => {
    if (request.method === "PUT") {
      who = await body(request);
      response.end("ok");
    } else if (request.url?.startsWith("/interaction/")) {
      const result = { login: { accountId: who.sub, amr: ["pwd", "otp"], remember: false } };
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    } else {
      answer(request, response);
    }
  })
  .listen(Number(port), "127.0.0.1", () => console.log("ready"));
