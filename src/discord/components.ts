import {
  ButtonStyle,
  ComponentType,
  TextInputStyle,
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInMessageActionRow,
  type APIContainerComponent,
  type APIModalInteractionResponseCallbackData,
} from 'discord-api-types/v10'
import type { DrawnButton, Reply } from '../core/chat.ts'
import type { Form } from '../core/form.ts'
import { colours, type Body, type Row } from './rendering.ts'

/** Discord's limits, in characters. */
const labelLimit = 80
const optionLimit = 100
const placeholderLimit = 150
/** How many rows a message takes, and buttons a row. */
const rowsUpTo = 5
const buttonsUpTo = 5
const formLimits = { title: 45, label: 45, placeholder: 100, line: 200, text: 4000 } as const

const styles = { good: ButtonStyle.Success, bad: ButtonStyle.Danger, plain: ButtonStyle.Secondary } as const

/** Buttons and selects as Discord takes them. */
export function componentsOf({ button, rows = [] }: Body): APIActionRowComponent<APIComponentInMessageActionRow>[] {
  const single: readonly Row[] =
    button === null ? [] : [{ kind: 'buttons', buttons: [{ ...button, style: 'plain' } satisfies DrawnButton] }]
  return [...rows, ...single].map((row) => ({
    type: ComponentType.ActionRow,
    components: row.kind === 'buttons' ? row.buttons.map(buttonFrom) : [selectFrom(row)],
  }))
}

/** What stands alone, as Discord takes it (Components V2): its text, its buttons below, and its file, in one panel. */
export function panelOf(body: Body & { readonly panel: number }): APIContainerComponent {
  const { content, file, panel } = body
  return {
    type: ComponentType.Container,
    accent_color: panel,
    components: [
      ...(content === '' ? [] : [{ type: ComponentType.TextDisplay as const, content }]),
      ...(file === null ? [] : [{ type: ComponentType.File as const, file: { url: `attachment://${file.name}` } }]),
      ...componentsOf(body),
    ],
  }
}

/** An answer as a card, its text and its file in one panel; null: it is none. */
export function answerCard({ card, text, file }: Pick<Reply, 'card' | 'text' | 'file'>): APIContainerComponent | null {
  if (card === undefined) return null
  const attached = file === undefined ? null : { url: `attachment://${file.name}` }
  return {
    type: ComponentType.Container,
    accent_color: colours[card],
    components: [
      { type: ComponentType.TextDisplay, content: text },
      ...(attached === null ? [] : [{ type: ComponentType.File as const, file: attached }]),
    ],
  }
}

/** Everything in the components of a message or form, of both generations, outermost first. */
export function* everyComponent(components: readonly unknown[]): Generator<Readonly<Record<string, unknown>>> {
  for (const component of components as readonly (Readonly<Record<string, unknown>> | null)[]) {
    if (component === null) continue
    yield component
    if (Array.isArray(component['components'])) yield* everyComponent(component['components'])
    for (const inner of ['accessory', 'component']) {
      if (component[inner] != null) yield* everyComponent([component[inner]])
    }
  }
}

/** A list as Discord takes it (Components V2): each thing with its button beside it, the rest below. */
export function listOf({ list, buttons = [] }: Pick<Reply, 'list' | 'buttons'>): APIContainerComponent | null {
  if (list === undefined) return null
  const text = (content: string) => ({ type: ComponentType.TextDisplay as const, content })
  return {
    type: ComponentType.Container,
    components: [
      text(list.head),
      ...list.items.map((item) =>
        item.button === undefined
          ? text(item.text)
          : {
              type: ComponentType.Section as const,
              components: [text(item.text)],
              accessory: buttonFrom(item.button),
            },
      ),
      ...componentsUnder({ buttons }),
    ],
  }
}

/** The buttons under a reply: rows of five. */
export function componentsUnder({
  buttons = [],
}: Pick<Reply, 'buttons'>): APIActionRowComponent<APIComponentInMessageActionRow>[] {
  const rows = Array.from({ length: Math.min(rowsUpTo, Math.ceil(buttons.length / buttonsUpTo)) }, (_, at) =>
    buttons.slice(at * buttonsUpTo, (at + 1) * buttonsUpTo),
  )
  return rows.map((row) => ({ type: ComponentType.ActionRow, components: row.map(buttonFrom) }))
}

function buttonFrom({ label, id, style }: DrawnButton): APIButtonComponentWithCustomId {
  return { type: ComponentType.Button, style: styles[style], label: cut(label, labelLimit), custom_id: id }
}

function selectFrom(row: Extract<Row, { kind: 'select' }>): APIComponentInMessageActionRow {
  return {
    type: ComponentType.StringSelect,
    custom_id: row.id,
    placeholder: cut(row.placeholder, placeholderLimit),
    min_values: 1,
    max_values: row.most,
    options: row.options.map(({ label, value, description, chosen }) => ({
      label: cut(label, optionLimit),
      value,
      ...(description === '' ? {} : { description: cut(description, optionLimit) }),
      default: chosen,
    })),
  }
}

/** A form; it comes back under the custom id of the button that opened it. */
export function modalOf(customId: string, form: Form): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId,
    title: cut(form.title, formLimits.title),
    components: form.fields.map(({ name, label, placeholder, required, long, value = '' }) => ({
      type: ComponentType.Label,
      label: cut(label, formLimits.label),
      component: {
        type: ComponentType.TextInput,
        custom_id: name,
        style: long ? TextInputStyle.Paragraph : TextInputStyle.Short,
        placeholder: cut(placeholder, formLimits.placeholder),
        required,
        ...(value === '' ? {} : { value: value.slice(0, formLimits.line) }),
        max_length: long ? formLimits.text : formLimits.line,
      },
    })),
  }
}

/** What was written into the fields of a form, by their names: under a label each, or in rows as before there were labels. */
export function writtenIn(components: readonly unknown[]): Readonly<Record<string, string>> {
  const fields = [...everyComponent(components)].filter(({ type }) => type === ComponentType.TextInput)
  return Object.fromEntries(
    fields.flatMap(({ custom_id: name, value }) =>
      typeof name === 'string' && typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}

/** Whole characters; a label that is only blank would be refused. */
function cut(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim() || '…'
  return line.length <= limit
    ? line
    : `${line
        .slice(0, limit - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`
}
