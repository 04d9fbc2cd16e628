// SPDX-License-Identifier: GPL-3.0-or-later
// A lesson's draft in this page: its history, kept on the server at every change, and who edits it.

import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { newDraft, newKey } from '../../lib/edit/draft.js';
import { done, kept, newHistory, noted, now, redone, restored, undone } from '../../lib/edit/history.js';
import { editStore, newKeeper } from '../../lib/edit/keeper.js';
import { useStay } from '../use_stay.js';

/** @typedef {import('../../lib/edit/history.js').History} History */
/** @typedef {import('../../types').DraftChange} DraftChange */

const CALL_MS = 5000; // docs/api.yaml: callPresence
const KEY = 'lectern.editor';

/** A name for this tab that a reload keeps, and that a copy of the tab does not find. */
function ownName() {
  const fresh = newKey();
  try {
    const name = sessionStorage.getItem(KEY) || fresh;
    sessionStorage.removeItem(KEY);
    return name;
  } catch {
    return fresh; // storage is forbidden: a reload is somebody else for 15 s
  }
}

/** @param {string} name */
function keepName(name) {
  try {
    sessionStorage.setItem(KEY, name);
  } catch {
    // storage is forbidden
  }
}

/**
 * Who edits the lesson. you: this page may; taken: it might before.
 * @param {string} lesson
 */
function usePresence(lesson) {
  const [who, setWho] = useState(/** @type {'you' | 'other' | 'nobody' | 'taken' | ''} */ (''));
  const state = useRef({ name: '', wish: 'edit' });
  async function call() {
    const { name, wish } = state.current;
    try {
      const { edits } = await ask('POST', `/edits/${lesson}/presence`, { editor: name, wish });
      if (edits === 'you') {
        state.current.wish = 'edit';
      } else { // never by itself: somebody decides
        state.current.wish = 'look';
      }
      setWho((before) => (edits === 'other' && (before === 'you' || before === 'taken') ? 'taken' : edits));
    } catch {
      // the server is away: what was stays; If-Match keeps the work
    }
  }
  useEffect(() => {
    state.current.name = ownName();
    call();
    const timer = setInterval(call, CALL_MS);
    const leave = () => {
      const { name } = state.current;
      keepName(name);
      navigator.sendBeacon(`/api/v1/edits/${lesson}/presence`, new Blob([JSON.stringify({ editor: name, wish: 'leave' })], { type: 'application/json' }));
    };
    addEventListener('pagehide', leave);
    return () => {
      clearInterval(timer);
      removeEventListener('pagehide', leave);
    };
  }, [lesson]);
  return {
    who,
    /** @param {'edit' | 'take'} wish */
    wish(wish) {
      state.current.wish = wish;
      return call();
    },
  };
}

/** @param {import('../../types').EditLesson} lesson */
export function useEdit(lesson) {
  const [history, setHistory] = useState(/** @type {History | null} */ (null));
  const [keeping, setKeeping] = useState(/** @type {import('../../lib/edit/keeper.js').Keeping} */ ('kept'));
  const [refusal, setRefusal] = useState(/** @type {import('../../types').FaultText | null} */ (null)); // why it is not kept
  const [ready, setReady] = useState(false); // what is here is what is kept
  const [trouble, setTrouble] = useState(/** @type {import('../../types').FaultText | null} */ (null)); // why it is not
  const [damaged, setDamaged] = useState(false);
  const latest = useRef(/** @type {History | null} */ (null));
  const keeper = useRef(/** @type {ReturnType<typeof newKeeper> | null} */ (null));
  const { who, wish } = usePresence(lesson.id);

  /** @param {History} next */
  function show(next) {
    latest.current = next;
    setHistory(next);
  }

  async function open() {
    setReady(false);
    setTrouble(null);
    await keeper.current?.close(); // what was changed here is part of it
    const mine = newKeeper(editStore(lesson.id), (now, fault) => {
      setKeeping(now);
      setRefusal(fault);
    });
    keeper.current = mine;
    let edit = null;
    try {
      edit = await mine.load();
      show(edit ? restored(edit) : newHistory(newDraft(lesson.id, lesson.duration_ns, newKey())));
    } catch (error) {
      if (edit === null) {
        setTrouble(faultText(error));
        return;
      }
      setDamaged(true);
      show(newHistory(newDraft(lesson.id, lesson.duration_ns, newKey())));
    }
    setReady(true);
    setKeeping('kept');
    setRefusal(null);
  }

  useEffect(() => {
    open();
    return () => {
      keeper.current?.close();
    };
  }, [lesson.id]);

  useStay(keeping === 'waiting' || keeping === 'keeping');

  const mayChange = ready && who === 'you' && keeping !== 'changed';

  /** True when it is another draft then. @param {(history: History) => History} act */
  function act(act) {
    const before = latest.current;
    if (!before || !mayChange) {
      return false;
    }
    const next = act(before);
    if (next !== before) {
      show(next);
      keeper.current?.keep(() => kept(/** @type {History} */ (latest.current)));
    }
    return next !== before;
  }

  return {
    history,
    draft: history && now(history),
    keeping,
    refusal,
    trouble,
    open,
    damaged,
    who,
    mayChange,
    /** False: it makes no sense here. @param {DraftChange} change */
    change(change) {
      try {
        return act((before) => done(before, change));
      } catch (error) {
        if (error instanceof RangeError) {
          return false;
        }
        throw error;
      }
    },
    /** A clip is this microlesson now. @param {string} key @param {import('../../types').Draft['saved'][string]} saved */
    note: (key, saved) => act((before) => noted(before, key, saved)),
    /** The draft after the last change, before it is shown. */
    latest: () => now(/** @type {History} */ (latest.current)),
    undo: () => act(undone),
    redo: () => act(redone),
    /** Edits what is kept now, instead of whoever did. @param {'edit' | 'take'} how */
    async takeOver(how) {
      await wish(how);
      await open();
    },
  };
}
