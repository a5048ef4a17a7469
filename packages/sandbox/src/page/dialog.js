// @ts-check
/**
 * Opens a window and, when it closes, takes it out of the page and gives the focus back to where it was.
 *
 * The browser does the latter by itself, but Chromium 156 leaves a text field that had the focus while the window
 * made it inert read-only (its `-webkit-user-modify` stays `read-only`, keys insert nothing) until it is focused anew.
 * @param {HTMLDialogElement} dialog
 * @param {() => void} onClose
 */
export function openDialog(dialog, onClose = () => {}) {
  const before = document.activeElement instanceof HTMLElement ? document.activeElement : null
  before?.blur()
  dialog.addEventListener('close', () => {
    dialog.remove()
    onClose()
    if (before?.isConnected && document.activeElement === document.body) before.focus()
  })
  document.body.append(dialog)
  dialog.showModal()
}
