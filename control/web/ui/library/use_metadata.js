// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What is said of an item, written by more than one person: what somebody else saved meanwhile is
 * taken over where this form did not touch it, and shown beside what stands here where it did.
 */

import { useEffect, useState } from '../../vendor/preact.js';
import { askTagged, faultText } from '../../lib/api.js';
import { formOf, merged, metadataOf } from '../../lib/library/metadata.js';

/** @typedef {import('../../lib/library/metadata.js').Form} Form */
/** @typedef {import('../../types').FaultText} FaultText */
/** @typedef {{ metadata: Record<string, any>, tag: string, base: Form, form: Form, whole: any }} Held whole: the item as it was asked for */

/**
 * @param {import('../../types').LibraryItem} item
 * @param {() => void} onSaved
 */
export function useMetadata(item, onSaved) {
  const [held, setHeld] = useState(/** @type {Held | null} */ (null));
  const [theirs, setTheirs] = useState(/** @type {Form | null} */ (null)); // while there are conflicts or they were merged
  const [conflicts, setConflicts] = useState(/** @type {string[]} */ ([]));
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  const [step, setStep] = useState(/** @type {'' | 'saving' | 'saved'} */ (''));

  async function load() {
    const { json, tag } = await askTagged('GET', `/items/${item.id}`);
    return { metadata: json.metadata, tag, base: formOf(json.metadata, json), whole: json };
  }

  useEffect(() => {
    load().then((now) => setHeld({ ...now, form: now.base }), (error) => setTrouble(faultText(error)));
  }, [item.id]);

  /** @param {Held} mine */
  async function meet(mine) {
    const now = await load();
    const both = merged(mine.base, mine.form, now.base);
    setHeld({ ...now, form: both.form });
    setTheirs(now.base);
    setConflicts(both.conflicts);
  }

  async function save() {
    if (!held || step === 'saving') {
      return;
    }
    setStep('saving');
    setTrouble(null);
    try {
      const { json, tag } = await askTagged('PUT', `/items/${item.id}/metadata`, metadataOf(held.form, held.metadata), held.tag);
      const base = formOf(json, item);
      setHeld((now) => now && { ...now, metadata: json, tag, base, form: now.form === held.form ? base : now.form });
      setTheirs(null);
      setConflicts([]);
      setStep('saved');
      onSaved();
    } catch (error) {
      setStep('');
      const fault = faultText(error);
      if (fault.code === 'changed' || fault.code === 'no-version') {
        await meet(held).catch((again) => setTrouble(faultText(again)));
      } else {
        setTrouble(fault);
      }
    }
  }

  return {
    form: held?.form,
    base: held?.base,
    whole: held?.whole,
    theirs,
    conflicts,
    trouble,
    step,
    save,
    /** @param {string} key @param {string} value */
    change(key, value) {
      setStep('');
      setHeld((now) => now && { ...now, form: { ...now.form, [key]: value } });
    },
  };
}
