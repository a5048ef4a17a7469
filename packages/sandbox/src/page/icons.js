// @ts-check
/** Line drawings of the page (`icon(…)` in element.js draws them): one path each, in a 20 × 20 box. */
export const ICONS = {
  close: 'M5 5l10 10M15 5L5 15',
  menu: 'M3 5h14M3 10h14M3 15h14',
  people:
    'M7.5 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16c.6-2.7 2.7-4 5.5-4s4.9 1.3 5.5 4M13 4.3a2.8 2.8 0 0 1 0 5.4M15 12.3c1.7.5 2.7 1.8 3 3.7',
  thread: 'M3 4v7a3 3 0 0 0 3 3h10M13 10.5l3.5 3.5-3.5 3.5M8 4h9M8 8.5h6',
  reply: 'M8 5L3 10l5 5M3.5 10H12a5 5 0 0 1 5 5v1',
  edit: 'M4 16l.8-3.6L13.5 3.7a1.4 1.4 0 0 1 2 0l.8.8a1.4 1.4 0 0 1 0 2L7.6 15.2 4 16z',
  react: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7.5 8.3v.2M12.5 8.3v.2M7 11.8c1.6 2.2 4.4 2.2 6 0',
  more: 'M4.5 10h.1M10 10h.1M15.5 10h.1',
  attach: 'M14.5 9.5l-5 5a3.2 3.2 0 0 1-4.5-4.5l6-6a2.1 2.1 0 0 1 3 3l-6 6a1 1 0 0 1-1.5-1.5l5-5',
  send: 'M3.5 10L17 3.5 13 17l-3-5.5L3.5 10zM10 11.5l3.5-4',
  plus: 'M10 4v12M4 10h12',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13.2 13.2L17 17',
  theme: 'M10 3a7 7 0 1 0 0 14V3zM10 3a7 7 0 0 1 0 14',
  down: 'M10 4v12M5 11l5 5 5-5',
  archive: 'M3 5h14v3H3zM4.5 8v8h11V8M8 11h4',
  file: 'M5 3h7l3.5 3.5V17H5zM12 3v3.5h3.5',
  faults: 'M10 3l7.5 13.5h-15zM10 8v4M10 14.2v.1',
  chevron: 'M5 8l5 5 5-5',
}
