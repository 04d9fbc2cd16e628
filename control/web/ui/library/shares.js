// SPDX-License-Identifier: GPL-3.0-or-later
// The links by which an item or a collection is shared.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { copyText } from '../../lib/copy.js';
import { day } from '../../lib/format.js';
import { said, useWords } from '../../lib/language.js';
import { Links, News, whole } from '../sharing.js';

/** @typedef {{ id: string, expires: string, url: string }} Share */

/** @param {{ path: string, hint: string }} props path: of the links, below /api/v1 */
export function Shares({ path, hint }) {
  const t = useWords();
  const w = t.library;
  const [shares, setShares] = useState(/** @type {Share[] | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {import('../../types').FaultText | null} */ (null));
  const [news, setNews] = useState(/** @type {{ words: string, address: string, copied: boolean } | null} */ (null));
  const head = useRef(/** @type {HTMLElement | null} */ (null));

  /** @param {() => Promise<Share | null>} act */
  async function run(act) {
    setTrouble(null);
    setNews(null);
    try {
      const made = await act();
      setShares((await ask('GET', path)).shares);
      return made;
    } catch (error) {
      setTrouble(faultText(error));
      return null;
    }
  }
  /** @param {Share} share */
  async function copy(share) {
    const address = whole(share.url);
    setNews({ words: t.goodUntil(day(share.expires, t.locale)), address, copied: await copyText(address) });
  }
  useEffect(() => {
    run(async () => null);
  }, [path]);

  return html`<section class="details-part shares" aria-label=${w.shares}>
    <h3 tabindex="-1" ref=${head}>${w.shares}</h3>
    <p class="quiet">${hint}</p>
    <${News} news=${news} />
    ${trouble && html`<p class="band band-bad" role="alert">${said(t, trouble)}</p>`}
    <${Links} links=${shares} lost=${false} onCopy=${copy}
      onMake=${async (/** @type {number} */ seconds) => {
        const share = await run(() => ask('POST', path, { seconds }));
        if (share) {
          copy(share);
        }
      }}
      onRevoke=${async (/** @type {string} */ share) => {
        await run(async () => {
          await ask('DELETE', `${path}/${share}`);
          return null;
        });
        head.current?.focus(); // the button that was pressed is gone
      }} />
  </section>`;
}
