// SPDX-License-Identifier: GPL-3.0-or-later
import { html, render } from './vendor/preact.js';
import { Watch } from './ui/watch/watch.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
if (!document.documentElement.dataset.floor) { // floor.js
  app.textContent = '';
  render(html`<${Watch} room=${decodeURIComponent(location.pathname.split('/')[2] || '')} />`, app);
}
