// Payment links on any web page. What stands inside the element is a plain link and works without this script:
//
//   <linktill-button><a href="https://pay.example.com/p/pottery">Book your place</a></linktill-button>
//   <linktill-card><a href="https://pay.example.com/p/pottery">Pottery class</a></linktill-card>
//
// The button is that link with looks; the card shows what it is for and how much. Nothing is paid on the page itself: both
// lead to the link's own page, so that a payer always sees whom they pay.
(() => {
  const home = new URL(document.currentScript.src).origin;
  const STYLE = `
    :host { display: inline-block; max-width: 100%; }
    :host([hidden]) { display: none; }
    ::slotted(a) {
      box-sizing: border-box; display: inline-flex !important; align-items: center; justify-content: center; min-height: 2.75rem; max-width: 100%;
      padding: 0.6rem 1.4rem !important; border-radius: var(--linktill-radius, 0.6rem) !important; text-decoration: none !important;
      background: var(--linktill-color, #0c5a6b) !important; color: var(--linktill-ink, #fff) !important;
      font: 600 1rem/1.3 var(--linktill-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif) !important;
    }
    ::slotted(a:hover) { filter: brightness(1.12); }
    ::slotted(a:focus-visible) { outline: 3px solid var(--linktill-color, #0c5a6b) !important; outline-offset: 2px; }
  `;
  const CARD = `
    :host { display: block; width: 100%; max-width: 26rem; }
    :host([hidden]) { display: none; }
    iframe { display: block; width: 100%; height: 11.5rem; border: 0; }
  `;

  // A style sheet that a script makes is allowed where a page's policy forbids <style>.
  function styled(root, text) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    root.adoptedStyleSheets = [sheet];
  }

  // The link inside, if it is one of the server that this script came from: no page is framed for anybody else.
  function linkOf(element) {
    const link = element.querySelector("a[href]");
    if (!link) return null;
    const url = new URL(link.href, location.href);
    return url.origin === home && /^\/p\/[0-9A-Za-z_-]{1,64}$/.test(url.pathname) ? url : null;
  }

  class LinktillButton extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      styled(root, STYLE);
      root.append(document.createElement("slot"));
    }
  }

  class LinktillCard extends HTMLElement {
    connectedCallback() {
      // The parser may not have come to what stands inside yet.
      if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", () => this.draw(), { once: true });
      } else {
        this.draw();
      }
    }

    draw() {
      if (this.shadowRoot) return;
      const url = linkOf(this);
      if (!url) return;
      const frame = document.createElement("iframe");
      const theme = this.getAttribute("theme");
      const search = new URLSearchParams(url.search);
      if (theme === "light" || theme === "dark") search.set("theme", theme);
      frame.src = `${url.origin}${url.pathname}/card${search.size ? `?${search}` : ""}`;
      frame.title = this.textContent.trim() || "Payment link";
      frame.loading = "lazy";
      frame.setAttribute("sandbox", "allow-scripts allow-popups allow-popups-to-escape-sandbox");
      const root = this.attachShadow({ mode: "open" });
      styled(root, CARD);
      root.append(frame);
    }
  }

  if (!customElements.get("linktill-button")) customElements.define("linktill-button", LinktillButton);
  if (!customElements.get("linktill-card")) customElements.define("linktill-card", LinktillCard);
})();
