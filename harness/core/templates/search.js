(function () {
  'use strict';
  var form = document.getElementById('find');
  var query = document.getElementById('query');
  var found = document.getElementById('found');
  var chips = Array.prototype.slice.call(form.querySelectorAll('[data-only]'));
  var items = null;
  var groups = null;
  var waiting = false;

  // Texts are read once, at the first search: a page that nobody searches pays nothing for it.
  function collect() {
    if (items) { return; }
    items = Array.prototype.map.call(document.querySelectorAll('main [data-v]'), function (element) {
      var area = element.closest('[data-group]');
      var name = area && area.querySelector('summary') ? area.querySelector('summary').textContent : '';
      return { element: element, verdict: element.dataset.v, text: (element.textContent + ' ' + name).toLowerCase() };
    });
    groups = Array.prototype.map.call(document.querySelectorAll('main [data-group]'), function (element) {
      return { element: element, open: element.open };
    });
  }

  function search() {
    waiting = false;
    collect();
    var words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    var only = chips.filter(function (chip) { return chip.getAttribute('aria-pressed') === 'true'; });
    only = only.map(function (chip) { return chip.dataset.only; });
    var active = words.length > 0 || only.length > 0;
    var shown = 0;
    items.forEach(function (item) {
      var fits = (only.length === 0 || only.indexOf(item.verdict) >= 0)
        && words.every(function (word) { return item.text.indexOf(word) >= 0; });
      if (item.element.hidden === fits) { item.element.hidden = !fits; }
      if (fits) { shown += 1; }
    });
    groups.forEach(function (group) {
      var empty = active && !group.element.querySelector('[data-v]:not([hidden])');
      group.element.hidden = empty;
      if (group.element.tagName === 'DETAILS') { group.element.open = active ? !empty : group.open; }
    });
    document.documentElement.classList.toggle('searching', active);
    found.value = active ? shown + ' of ' + items.length + ' rows' : '';
  }

  function soon() {
    if (!waiting) { waiting = true; requestAnimationFrame(search); }
  }

  // A link to a folded scenario unfolds it.
  function unfold() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var folded = target && target.closest('details');
    if (folded) { folded.open = true; target.scrollIntoView(); }
  }

  form.hidden = false;
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  query.addEventListener('input', soon);
  chips.forEach(function (chip) {
    chip.addEventListener('click', function () {
      chip.setAttribute('aria-pressed', chip.getAttribute('aria-pressed') === 'true' ? 'false' : 'true');
      soon();
    });
  });
  document.addEventListener('keydown', function (event) {
    if (event.key === '/' && document.activeElement !== query) { event.preventDefault(); query.focus(); }
    if (event.key === 'Escape' && document.activeElement === query) { query.value = ''; soon(); }
  });
  window.addEventListener('hashchange', unfold);
  if (location.hash) { unfold(); }
  document.documentElement.dataset.ready = 'yes';
}());
