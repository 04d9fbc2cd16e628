// SPDX-License-Identifier: GPL-3.0-or-later
import { html, render } from './vendor/preact.js';
import { Editor } from './ui/edit/editor.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
if (!document.documentElement.dataset.floor) { // floor.js
  app.textContent = '';
  render(html`<${Editor} id=${decodeURIComponent(location.pathname.split('/')[2] || '')} />`, app);
}
