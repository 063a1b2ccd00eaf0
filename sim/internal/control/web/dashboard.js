// The dashboard: shows the fleet with nothing but the control API.
// @ts-check

const refreshPicture = 1000; // ms between two pictures of a camera one can see
const refreshList = 2000; // ms between two looks at the list and the counters

/** @template {Element} T @param {string} selector @param {ParentNode} [root] @returns {T} */
const $ = (selector, root = document) => {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`no ${selector} on the page`);
  return /** @type {T} */ (/** @type {unknown} */ (found));
};

// ---- the API ---------------------------------------------------------------

// A link like …/#token=abc carries the token of a fleet bound beyond loopback.
const marked = new URLSearchParams(location.hash.slice(1)).get('token');
if (marked) {
  sessionStorage.setItem('token', marked);
  history.replaceState(null, '', location.pathname);
}

class Refused extends Error {}

/** @param {string} path @param {RequestInit} [init] */
async function call(path, init = {}) {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem('token');
  if (token) headers.set('Authorization', `Bearer ${token}`);
  const answer = await fetch(path, { ...init, headers });
  if (answer.ok) return answer;
  if (answer.status === 401) ask();
  const { error, hint } = await answer.json().catch(() => ({ error: answer.statusText }));
  throw new Refused(hint ? `${error}; ${hint}` : error);
}

const ready = async () => (await fetch('readyz')).json();

// ---- one card a camera -----------------------------------------------------

/** @type {Map<string, Card>} */
const cards = new Map();

const seen = new IntersectionObserver((entries) => {
  for (const e of entries) {
    const card = cards.get(/** @type {HTMLElement} */ (e.target).dataset.name ?? '');
    if (card) card.visible = e.isIntersecting;
  }
});

class Card {
  /** @param {any} camera */
  constructor(camera) {
    this.name = camera.name;
    this.visible = false;
    this.loading = false;
    this.shown = ''; // addresses on the card, as JSON
    const template = /** @type {HTMLTemplateElement} */ ($('#card'));
    this.element = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    this.element.dataset.name = this.name;
    this.element.dataset.find = `${camera.name} ${camera.profile} ${camera.manufacturer} ${camera.model}`.toLowerCase();
    this.canvas = /** @type {HTMLCanvasElement} */ ($('canvas', this.element));
    this.canvas.setAttribute('aria-label', `picture of ${this.name}`);
    this.canvas.setAttribute('role', 'img');
    $('h2', this.element).textContent = this.name;
    $('.profile', this.element).textContent = `${camera.profile} · ${camera.manufacturer} ${camera.model}`;
    $('.reboot', this.element).addEventListener('click', () => this.reboot());
    this.show(camera);
    seen.observe(this.element);
  }

  /** @param {any} camera */
  show(camera) {
    const state = /** @type {HTMLElement} */ ($('.state', this.element));
    state.textContent = state.dataset.state = camera.state;
    const addresses = [['Device', camera.device_url], ['Device TLS', camera.device_url_tls]];
    for (const s of camera.streams ?? []) addresses.push([s.profile, s.rtsp], [`${s.profile} TLS`, s.rtsps]);
    const now = JSON.stringify(addresses);
    if (now !== this.shown) {
      this.shown = now;
      $('.addresses', this.element).replaceChildren(...addresses.filter(([, url]) => url).map(([what, url]) => line(what, url)));
    }
    $('.accounts', this.element).textContent = accountText(camera.accounts ?? []);
  }

  /** @param {any} s */
  count(s) {
    const viewers = s.viewers === 1 ? '1 viewer' : `${s.viewers} viewers`;
    $('.counts', this.element).textContent = `${s.requests} requests · ${viewers}`;
  }

  async picture() {
    if (!this.visible || this.loading || document.hidden || this.element.hidden) return;
    this.loading = true;
    try {
      const answer = await call(`v1/cameras/${encodeURIComponent(this.name)}/snapshot.jpg`);
      const bitmap = await createImageBitmap(await answer.blob());
      if (this.canvas.width !== bitmap.width) [this.canvas.width, this.canvas.height] = [bitmap.width, bitmap.height];
      this.canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      bitmap.close();
    } catch {
      this.canvas.getContext('2d')?.clearRect(0, 0, this.canvas.width, this.canvas.height);
    } finally {
      this.loading = false;
    }
  }

  async reboot() {
    await trying(async () => {
      const answer = await call(`v1/cameras/${encodeURIComponent(this.name)}/reboot`, { method: 'POST' });
      this.show(await answer.json());
    });
  }
}

/** Who can log in; a password that all have is said once. @param {any[]} accounts */
function accountText(accounts) {
  if (!accounts.length) return '';
  const { password } = accounts[0];
  if (password && accounts.every((a) => a.password === password)) {
    return `Accounts: ${accounts.map((a) => a.user).join(', ')}; password ${password}`;
  }
  return `Accounts: ${accounts.map((a) => (a.password ? `${a.user} / ${a.password}` : a.user)).join(', ')}`;
}

/** A line with a copy button. @param {string} what @param {string} url */
function line(what, url) {
  const item = document.createElement('li');
  const label = document.createElement('span');
  const code = document.createElement('code');
  const button = document.createElement('button');
  label.textContent = what;
  code.textContent = code.title = url;
  button.type = 'button';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `copy ${url}`);
  button.addEventListener('click', () => copy(url, button));
  item.append(label, code, button);
  return item;
}

/** @param {string} text @param {HTMLElement} button */
async function copy(text, button) {
  await trying(async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1200);
  });
}

// ---- the page --------------------------------------------------------------

const trouble = /** @type {HTMLElement} */ ($('#trouble'));

/** Runs something and shows what went wrong. @param {() => Promise<void>} f */
async function trying(f) {
  try {
    await f();
    trouble.hidden = true;
  } catch (error) {
    trouble.textContent = error instanceof Refused ? error.message : 'camfleet does not answer; is it still running?';
    trouble.hidden = false;
  }
}

function filter() {
  const want = /** @type {HTMLInputElement} */ ($('#find')).value.trim().toLowerCase();
  for (const card of cards.values()) card.element.hidden = !card.element.dataset.find?.includes(want);
}

async function list() {
  const state = await ready();
  $('#progress').textContent = state.ready
    ? `${state.total} ${state.total === 1 ? 'camera' : 'cameras'}`
    : `starting: ${state.started} of ${state.total}`;
  const cameras = await (await call('v1/cameras')).json();
  const grid = $('#cameras');
  for (const camera of cameras) {
    const card = cards.get(camera.name);
    if (card) {
      card.show(camera);
    } else {
      const made = new Card(camera);
      cards.set(camera.name, made);
      grid.append(made.element);
      filter();
    }
  }
  const stats = await (await call('v1/stats')).json();
  for (const s of stats.cameras) cards.get(s.name)?.count(s);
}

/** Does something again and again, never twice at once. @param {() => Promise<void>} f @param {number} ms */
async function every(f, ms) {
  await f();
  setTimeout(() => every(f, ms), ms);
}

// ---- dialogs ---------------------------------------------------------------

function ask() {
  const dialog = /** @type {HTMLDialogElement} */ ($('#ask'));
  if (!dialog.open) dialog.showModal();
}

$('#ask-form').addEventListener('submit', (event) => {
  const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
  sessionStorage.setItem('token', String(data.get('token')));
});

$('#mint').addEventListener('click', () => /** @type {HTMLDialogElement} */ ($('#tokens')).showModal());
$('#token-close').addEventListener('click', () => /** @type {HTMLDialogElement} */ ($('#tokens')).close());
$('#token-copy').addEventListener('click', (event) => copy($('#token').textContent ?? '', /** @type {HTMLElement} */ (event.target)));
$('#token-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const data = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  const output = /** @type {HTMLElement} */ ($('#token'));
  try {
    const answer = await call('v1/tokens', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(data),
    });
    output.textContent = (await answer.json()).token;
    /** @type {HTMLElement} */ ($('#token-copy')).hidden = false;
  } catch (error) {
    output.textContent = error instanceof Error ? error.message : String(error);
  }
  output.hidden = false;
});

$('#find').addEventListener('input', filter);
every(() => trying(list), refreshList);
every(async () => { await Promise.all([...cards.values()].map((card) => card.picture())); }, refreshPicture);
