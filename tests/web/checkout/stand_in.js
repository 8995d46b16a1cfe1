// Stands in for https://js.stripe.com/endive/stripe.js. It knows the calls that Stripe's documentation has, takes nothing else,
// and keeps what it was told in `window.told`. Whatever stands behind it is asked over https://api.stripe.com, as Stripe does.
// Source: https://docs.stripe.com/js/custom_checkout and the types of @stripe/stripe-js.
window.told = [];
window.asked = 0;

function only(given, ...names) {
  for (const name of Object.keys(given)) if (!names.includes(name)) throw new Error(`IntegrationError: ${name}`);
}

async function ask(path, body) {
  const answer = await fetch(`https://api.stripe.com/stand_in/${path}`, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

class PaymentElement {
  handlers = {};
  number = "";

  on(event, handler) {
    if (!["ready", "loaderror", "change", "focus", "blur", "escape", "loaderstart"].includes(event)) throw new Error(event);
    this.handlers[event] = handler;
    return this;
  }

  mount(selector) {
    const frame = document.createElement("iframe");
    frame.title = "Secure payment input frame";
    frame.style.setProperty("width", "100%");
    frame.style.setProperty("border", "0");
    frame.src = "https://js.stripe.com/stand_in/fields.html";
    const part = document.createElement("script");
    part.src = "https://b.js.stripe.com/stand_in/part.js";
    document.head.append(part);
    addEventListener("message", (event) => {
      if (event.origin !== "https://js.stripe.com") return;
      if (event.data === "loaderror") this.handlers.loaderror?.({ elementType: "payment", error: { message: "No." } });
      else if (event.data === "ready") this.handlers.ready?.({ elementType: "payment" });
      else this.number = event.data.number;
    });
    document.querySelector(selector).append(frame);
  }
}

class Checkout {
  #session;

  constructor(options) {
    this.secret = options.clientSecret;
  }

  createPaymentElement(options = {}) {
    only(options, "layout", "paymentMethodOrder", "readOnly", "terms", "fields", "wallets");
    if (this.element) throw new Error("IntegrationError: one Payment Element only");
    this.element = new PaymentElement();
    return this.element;
  }

  changeAppearance(appearance) {
    window.told.push(["changeAppearance", appearance.theme]);
  }

  async loadActions() {
    const found = await ask("session", { secret: this.secret });
    if (found.type === "error") return found;
    this.#session = found.session;
    const actions = { getSession: () => this.#session, updateEmail: (email) => this.#updateEmail(email), confirm: (options) => this.#confirm(options) };
    return { type: "success", actions };
  }

  async #updateEmail(email) {
    window.told.push(["updateEmail", email]);
    if (!/^\S+@\S+\.\w+$/.test(email)) return { type: "error", error: { code: "invalidEmail", message: "Your email is invalid." } };
    this.#session = { ...this.#session, email };
    return { type: "success", session: this.#session };
  }

  async #confirm(options = {}) {
    only(options, "returnUrl", "redirect", "paymentMethod", "savePaymentMethod", "email", "phoneNumber", "billingAddress", "shippingAddress");
    if (!this.#session.email) throw new Error("IntegrationError: an email is needed");
    window.asked += 1;
    window.told.push(["confirm", options.redirect]);
    const answer = await ask("confirm", { secret: this.secret, number: this.element.number });
    if (answer.challenge) {
      const frame = document.createElement("iframe");
      frame.title = "3D Secure";
      frame.src = "https://hooks.stripe.com/stand_in/challenge.html";
      document.body.append(frame);
      await new Promise((resolve) => { addEventListener("message", (event) => { if (event.data === "approved") resolve(); }); });
      return ask("confirm", { secret: this.secret, number: "approved" });
    }
    return answer;
  }
}

window.Stripe = (key, options = {}) => {
  if (!/^pk_(test|live)_/.test(key)) throw new Error("IntegrationError: not a publishable key");
  only(options, "locale", "apiVersion", "stripeAccount", "betas", "developerTools");
  window.told.push(["Stripe", key, options.locale]);
  return {
    initCheckoutElementsSdk(given) {
      only(given, "clientSecret", "elementsOptions", "adaptivePricing", "defaultValues");
      only(given.elementsOptions ?? {}, "appearance", "loader", "fonts", "savedPaymentMethod", "syncAddressCheckbox");
      window.told.push(["initCheckoutElementsSdk", given.elementsOptions?.appearance?.theme]);
      return new Checkout(given);
    },
  };
};
