// SPDX-License-Identifier: GPL-3.0-or-later
// Words instead of a blank page, for browsers below the floor (Chromium 86, Firefox 102, Safari 16)
// and for a page that does not come up. Written so that any browser of the last twenty years runs it.
(function () {
  'use strict';

  function isOldEnough() {
    try {
      return 'noModule' in document.createElement('script') && !!window.EventSource &&
        'replaceAll' in String.prototype && CSS.supports('selector(:focus-visible)');
    } catch (_) {
      return false;
    }
  }

  function sayIt() {
    var words = document.getElementById('floor');
    var app = document.getElementById('app');
    if (words && app) {
      app.setAttribute('hidden', 'hidden');
      words.removeAttribute('hidden');
    }
  }

  if (!isOldEnough()) {
    document.documentElement.setAttribute('data-floor', 'below'); // main.js leaves it alone then
  }
  window.onload = function () {
    if (document.documentElement.getAttribute('data-floor') || document.querySelector('#app > .opening')) {
      sayIt();
    }
  };
})();
