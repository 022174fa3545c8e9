// Small comforts on top of pages that work without them.

const all = (selector, fn) => document.querySelectorAll(selector).forEach(fn);

// Buttons that only a script can serve.
all('[data-print]', (b) => { b.hidden = false; b.addEventListener('click', () => window.print()); });
// Going back keeps what was typed; the link itself opens the page afresh.
all('a[data-back]', (a) => {
  a.addEventListener('click', (event) => { if (history.length > 1) { event.preventDefault(); history.back(); } });
});

// Filters stand open where there is room beside the list.
if (matchMedia('(min-width: 60rem)').matches) all('[data-wide-open]', (d) => { d.open = true; });

// A form is sent once, also when its button is pressed twice.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = '1';
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});
addEventListener('pageshow', () => all('form', (f) => { delete f.dataset.sent; }));

// Plus and minus beside a number of units.
const latin = (s) => s.replace(/[۰-۹٠-٩]/g, (d) => d.charCodeAt(0) & 15);
const localNumber = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false });
all('input[data-stepper]', (input) => {
  const step = (by) => {
    const now = Number(latin(input.value)) || 1;
    input.value = localNumber.format(Math.min(Math.max(now + by, 1), Number(input.dataset.max) || 1000));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const group = document.createElement('span');
  group.className = 'stepper';
  input.before(group);
  const order = [['+', 1], [null, 0], ['−', -1]];
  for (const [sign, by] of document.documentElement.dir === 'rtl' ? order : order.reverse()) {
    if (!by) { group.append(input); continue; }
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = sign;
    button.setAttribute('aria-label', `${sign}1`);
    button.addEventListener('click', () => step(by));
    group.append(button);
  }
});

// The number of units is saved when it changes.
all('form[data-auto-submit]', (form) => {
  form.querySelector('button:not([type])').hidden = true;
  let timer;
  form.addEventListener('change', () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (form.reportValidity()) form.requestSubmit(); }, 500);
  });
});

// Checkout: what changes the sums asks for new ones at once; the place on the page is kept. Fields of
// a new address are not sent along with a saved one.
all('form[data-requote]', (form) => {
  const update = form.querySelector('button:not([formaction])');
  const fresh = form.querySelector('[data-new-address]');
  const choose = () => {
    const saved = form.querySelector('[name=address_id]:checked');
    fresh.querySelectorAll('input, select').forEach((i) => { i.disabled = Boolean(saved && saved.value); });
  };
  choose();
  form.addEventListener('submit', (event) => {
    const { due, cartVersion } = event.submitter?.dataset ?? {};
    for (const [name, value] of [['expected_due', due], ['cart_version', cartVersion]]) {
      if (!value) continue;
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name, value });
      form.append(field);
    }
  });
  form.addEventListener('change', (event) => {
    choose();
    const complete = form.elements['address.province'].value && form.elements['address.city'].value;
    if (!/^(shipping_method|payment_method|use_wallet|address_id|address\.(province|city))$/.test(event.target.name)) return;
    if (/^address/.test(event.target.name) && !complete && !event.target.value) return;
    if (event.target.name.startsWith('address.') && !complete) return;
    sessionStorage.setItem('checkout-scroll', String(scrollY));
    form.requestSubmit(update);
  });
  const at = sessionStorage.getItem('checkout-scroll');
  if (at !== null) { sessionStorage.removeItem('checkout-scroll'); scrollTo(0, Number(at)); }
});

// "Send it again" waits as long as the shop will refuse it.
all('button[data-wait]', (button) => {
  const label = button.textContent;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const until = Date.now() + Number(button.dataset.wait || 0) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} (${number.format(left)})` : label;
    if (left > 0) setTimeout(tick, 500);
  };
  tick();
});

// A code that is typed completely is sent.
all('input[autocomplete="one-time-code"]', (input) => {
  if (!input.form.querySelector('[name=challenge_id]')) return;
  input.addEventListener('input', () => {
    if (/^[0-9۰-۹٠-٩]{6}$/.test(input.value.trim())) input.form.requestSubmit();
  });
});

// Proof of work (ALTCHA v1) for forms that the shop asked to solve one: the link to the form then ends
// in #captcha.
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('');

async function solve() {
  const c = await (await fetch('/auth/challenge.json')).json();
  const bytes = new TextEncoder();
  for (let from = 0; from <= c.maxnumber; from += 500) {
    const numbers = Array.from({ length: 500 }, (_, i) => from + i);
    const hashes = await Promise.all(numbers.map((n) => crypto.subtle.digest(c.algorithm, bytes.encode(c.salt + n))));
    const hit = hashes.findIndex((h) => hex(h) === c.challenge);
    if (hit >= 0) {
      const { algorithm, challenge, salt, signature } = c;
      return btoa(JSON.stringify({ algorithm, challenge, number: numbers[hit], salt, signature }));
    }
  }
  throw new Error('no solution');
}

{
  const asked = location.hash === '#captcha' ? 'form[data-captcha]' : 'form[data-captcha="now"]';
  all(asked, async (form) => {
    const buttons = form.querySelectorAll('button');
    const solving = form.querySelector('[data-solving]');
    buttons.forEach((b) => { b.disabled = true; });
    if (solving) solving.hidden = false;
    try {
      const field = document.createElement('input');
      field.type = 'hidden';
      field.name = 'altcha';
      field.value = await solve();
      form.append(field);
    } finally {
      buttons.forEach((b) => { b.disabled = false; });
      if (solving) solving.hidden = true;
    }
  });
}
