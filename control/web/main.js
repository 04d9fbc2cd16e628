// SPDX-License-Identifier: GPL-3.0-or-later
import { html, render } from './vendor/preact.js';
import { App } from './ui/record/app.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
if (!document.documentElement.dataset.floor) { // floor.js
  app.textContent = '';
  render(html`<${App} />`, app);
}
