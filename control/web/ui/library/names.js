// SPDX-License-Identifier: GPL-3.0-or-later
// What terms are called: they are stored in Chinese, and the vocabularies know their English.

/**
 * @param {import('../../lib/language.js').Words} t
 * @param {import('../../types').Vocabularies} vocabularies
 * @param {string} field
 * @param {string} term
 */
export function termName(t, vocabularies, field, term) {
  const known = t.lang === 'en' && Array.isArray(vocabularies[field]) && vocabularies[field].find((one) => one.term === term);
  return (known && known.en) || term;
}
