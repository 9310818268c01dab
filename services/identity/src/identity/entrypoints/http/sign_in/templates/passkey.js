"use strict";
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), sign => sign.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
for (const form of document.querySelectorAll("form[data-options]")) {
  if (!window.PublicKeyCredential) continue;
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const known of [...(options.excludeCredentials || []), ...(options.allowCredentials || [])]) known.id = bytes(known.id);
  form.hidden = false;
  document.getElementById(form.dataset.instead).hidden = true;
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const said = form.querySelector("[role=status]");
    said.hidden = true;
    try {
      const made = options.user
        ? await navigator.credentials.create({publicKey: options})
        : await navigator.credentials.get({publicKey: options});
      const response = {};
      for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
        if (made.response[name]) response[name] = text(made.response[name]);
      form.elements.credential.value = JSON.stringify({id: made.id, rawId: text(made.rawId), type: made.type, response});
      form.submit();
    } catch (error) {
      said.hidden = false;
      said.focus();
    }
  });
}
