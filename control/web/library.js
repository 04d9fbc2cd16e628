// SPDX-License-Identifier: GPL-3.0-or-later
import { html, render } from './vendor/preact.js';
import { Library } from './ui/library/library.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
if (!document.documentElement.dataset.floor) { // floor.js
  app.textContent = '';
  render(html`<${Library} />`, app);
}
