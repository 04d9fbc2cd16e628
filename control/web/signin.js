// SPDX-License-Identifier: GPL-3.0-or-later
// The page that asks for the access code, in one language. Without this script it works, too: the
// form's address sets the cookie.

(() => {
  const KEY = 'lectern.language';
  const words = {
    zh: {
      locale: 'zh-CN',
      title: 'lectern 录课',
      label: '访问码',
      hint: '启动 lectern 时会显示访问码。没有的话，请问负责这套系统的老师。',
      watchHint: '观看这间教室需要观看链接：请打开收到的完整链接。有访问码的也可以在这里输入。',
      enter: '进入',
      wrong: '访问码不对，请再核对一下。',
      wait: '输错次数太多，请一分钟后再试。',
      away: '无法连接服务器，请稍后再试。',
    },
    en: {
      locale: 'en',
      title: 'lectern',
      label: 'Access code',
      hint: 'It is shown when lectern starts. If you do not have it, ask whoever looks after the system.',
      watchHint: 'Watching this room needs a watch link: open the whole link as it was sent to you. Who has the access code may enter it here.',
      enter: 'Enter',
      wrong: 'This access code is not right. Please look at it again.',
      wait: 'Too many wrong access codes. Please try again in a minute.',
      away: 'The server cannot be reached. Please try again in a moment.',
    },
  };
  /** @typedef {'wrong' | 'wait' | 'away' | ''} Trouble */

  const form = /** @type {HTMLFormElement} */ (document.querySelector('form'));
  const code = /** @type {HTMLInputElement} */ (document.getElementById('code'));
  const says = /** @type {HTMLElement} */ (document.getElementById('trouble'));
  const choice = /** @type {HTMLElement} */ (document.querySelector('.languages'));
  /** @type {'zh' | 'en'} */
  let lang = 'zh';
  /** @type {Trouble} */
  let trouble = '';

  /** @returns {'zh' | 'en'} */
  function startingLanguage() {
    let wishes = [...navigator.languages];
    try {
      wishes = [localStorage.getItem(KEY) || '', ...wishes];
    } catch {
      // storage is forbidden
    }
    const found = wishes.map((wish) => wish.slice(0, 2).toLowerCase()).find((wish) => wish in words);
    return /** @type {'zh' | 'en'} */ (found || 'zh');
  }

  function show() {
    const t = words[lang];
    document.documentElement.lang = t.locale;
    document.title = t.title;
    document.querySelectorAll('[data-word]').forEach((element) => {
      const name = /** @type {HTMLElement} */ (element).dataset.word;
      const isHint = name === 'hint' && location.pathname.startsWith('/watch/');
      element.textContent = t[isHint ? 'watchHint' : /** @type {keyof typeof t} */ (name)];
    });
    choice.querySelectorAll('button').forEach((button) => {
      button.setAttribute('aria-pressed', String(button.value === lang));
    });
    says.textContent = trouble && t[trouble];
    code.setAttribute('aria-invalid', String(trouble === 'wrong'));
  }

  /** @param {Trouble} what */
  function complain(what) {
    trouble = what;
    show();
    code.select();
    code.focus();
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const response = await fetch(`/?code=${encodeURIComponent(code.value.trim())}`, { credentials: 'same-origin' });
      if (response.ok) {
        location.replace(location.pathname); // the page that was asked for
      } else {
        complain(response.status === 429 ? 'wait' : 'wrong');
      }
    } catch {
      complain('away');
    }
  });

  choice.addEventListener('click', (event) => {
    const value = event.target instanceof HTMLButtonElement ? event.target.value : '';
    if (value === 'zh' || value === 'en') {
      lang = value;
      try {
        localStorage.setItem(KEY, lang);
      } catch {
        // not remembered then
      }
      show();
    }
  });

  lang = startingLanguage();
  choice.hidden = false;
  if (new URLSearchParams(location.search).has('code')) {
    trouble = 'wrong'; // this page came instead of the one that was asked for
    history.replaceState(null, '', location.pathname); // the code does not stay in the address
  }
  show();
  code.focus();
})();
