import type { Phrases } from './phrases.ts'

/** What is shown of a list that is too long for one message. */
export interface ListPage<Item> {
  readonly items: readonly Item[]
  /** From 1. */
  readonly page: number
  readonly pages: number
  /** Of the whole list. */
  readonly count: number
}

/** One page of a list; a page that is no more is the last one. */
export function pageOf<Item>(all: readonly Item[], wanted: number, size: number): ListPage<Item> {
  const pages = Math.max(1, Math.ceil(all.length / size))
  const page = Math.min(Math.max(1, Math.trunc(wanted) || 1), pages)
  return { items: all.slice((page - 1) * size, page * size), page, pages, count: all.length }
}

/** The buttons that turn the pages, for a feature whose verb `page` shows the one that its argument names. */
export function turning<Item>({ page, pages }: ListPage<Item>, { buttons }: Pick<Phrases, 'buttons'>) {
  const to = (at: number, label: string) => ({ verb: 'page', argument: String(at), label, style: 'plain' }) as const
  return [...(page > 1 ? [to(page - 1, buttons.previous)] : []), ...(page < pages ? [to(page + 1, buttons.next)] : [])]
}
