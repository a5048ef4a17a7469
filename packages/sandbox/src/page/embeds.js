// @ts-check
/** Embeds and attachments, as Discord lays them out. */
import { element, icon } from './element.js'
import { ICONS } from './icons.js'
import { drawMarkdown } from './markdown-view.js'
import { format } from './timestamps.js'

/** @typedef {import('./markdown-view.js').Names} Names */

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Only these are opened: an embed must not bring `javascript:` onto the page. The sandbox's own files are read from
 * where the page came from, so that `localhost` and `127.0.0.1` are the same to it.
 * @param {unknown} url
 */
export function safeUrl(url) {
  if (typeof url !== 'string' || !URL.canParse(url, location.href)) return undefined
  const { protocol, hostname, pathname, href } = new URL(url, location.href)
  if (pathname.startsWith('/cdn/') && LOOPBACK.has(hostname)) return pathname
  return protocol === 'https:' || protocol === 'http:' || url.startsWith('data:image/') ? href : undefined
}

/** @param {string | undefined} url @param {string} className @param {string} [alt] */
function picture(url, className, alt = '') {
  const src = safeUrl(url)
  return src ? element('img', { class: className, src, alt, loading: 'lazy', referrerpolicy: 'no-referrer' }) : null
}

/** @param {string | undefined} url @param {Node[]} children */
function linked(url, children) {
  const href = safeUrl(url)
  return href ? [element('a', { href, target: '_blank', rel: 'noreferrer noopener' }, children)] : children
}

/**
 * @param {import('discord-api-types/v10').APIEmbed} embed
 * @param {Names} names
 */
export function drawEmbed(embed, names) {
  const colour = embed.color ? `--bar: #${embed.color.toString(16).padStart(6, '0')}` : null
  const { author, footer, thumbnail, image, fields = [] } = embed
  const footing = [footer?.text, embed.timestamp ? format(Date.parse(embed.timestamp), 's') : null].filter(Boolean)
  return element(
    'div',
    { class: 'embed', style: colour },
    author &&
      element(
        'div',
        { class: 'embed-author' },
        picture(author.icon_url, 'embed-icon'),
        linked(author.url, [element('span', {}, author.name)]),
      ),
    embed.title && element('div', { class: 'embed-title' }, linked(embed.url, drawMarkdown(embed.title, names))),
    embed.description && element('div', { class: 'embed-text' }, drawMarkdown(embed.description, names)),
    fields.length > 0 &&
      element(
        'div',
        { class: 'embed-fields' },
        fields.map((field) =>
          element(
            'div',
            { class: field.inline ? 'inline' : '' },
            element('div', { class: 'embed-name' }, drawMarkdown(field.name, names)),
            element('div', { class: 'embed-value' }, drawMarkdown(field.value, names)),
          ),
        ),
      ),
    thumbnail && picture(thumbnail.url, 'embed-thumbnail'),
    image && picture(image.url, 'embed-image'),
    footing.length > 0 && element('div', { class: 'embed-footer' }, footing.join(' · ')),
  )
}

/** @param {{ filename: string, url: string, size?: number, content_type?: string, description?: string | null }} attachment */
export function drawAttachment(attachment) {
  const { filename, url, size = 0, content_type: type = '' } = attachment
  const href = safeUrl(url)
  if (type.startsWith('image/') && href) {
    const words = attachment.description ?? filename
    return element('a', { class: 'attached-image', href, target: '_blank', rel: 'noreferrer' }, picture(url, '', words))
  }
  return element(
    'a',
    { class: 'attached-file', href, target: '_blank', rel: 'noreferrer', download: filename },
    icon(ICONS.file),
    element('span', {}, filename),
    element('small', {}, sizeOf(size)),
  )
}

/** @param {number} bytes */
export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
