// SPDX-License-Identifier: GPL-3.0-or-later
import { html } from '../vendor/preact.js';
import { useWords } from '../lib/language.js';

const LANGUAGES = [
  { lang: 'zh', locale: 'zh-CN', name: '中文' },
  { lang: 'en', locale: 'en', name: 'English' },
];

/** @param {{ onLanguage: (lang: 'zh' | 'en') => void }} props */
export function Languages({ onLanguage }) {
  const t = useWords();
  return html`<div class="languages" role="group" aria-label=${t.language}>
    ${LANGUAGES.map(({ lang, locale, name }) => html`
      <button type="button" class="language" lang=${locale} aria-pressed=${lang === t.lang}
        onClick=${() => onLanguage(/** @type {'zh' | 'en'} */ (lang))}>${name}</button>`)}
  </div>`;
}

/** The pages of who runs the school's recordings. */
export function Places() {
  const t = useWords();
  const places = [{ path: '/', words: t.recordingPage }, { path: '/library', words: t.libraryPage }];
  return html`<nav class="places" aria-label=${t.places}>
    ${places.map(({ path, words }) => html`
      <a class="place" href=${path} aria-current=${location.pathname === path ? 'page' : undefined}>${words}</a>`)}
  </nav>`;
}

/** @param {{ onLanguage: (lang: 'zh' | 'en') => void }} props */
export function Head({ onLanguage }) {
  const t = useWords();
  return html`<header class="head">
    <div class="head-in">
      <h1 class="brand"><img src="/favicon.svg" alt="" width="28" height="28" /> <span class="brand-words">${t.title}</span></h1>
      <${Places} />
      <${Languages} onLanguage=${onLanguage} />
    </div>
  </header>`;
}
