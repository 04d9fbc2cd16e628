// SPDX-License-Identifier: GPL-3.0-or-later
import { html, render } from './vendor/preact.js';
import { Lesson } from './ui/lesson/lesson.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
if (!document.documentElement.dataset.floor) { // floor.js
  app.textContent = '';
  render(html`<${Lesson} />`, app);
}
