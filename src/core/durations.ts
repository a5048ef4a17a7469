/** A stretch of time as `m:ss`, from an hour on as `h:mm:ss`. Negative and unknown stretches are 0:00. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor((Number.isFinite(ms) ? ms : 0) / 1000))
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = String(seconds % 60).padStart(2, '0')
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`
}

/** A rough stretch of time: whole seconds below a minute, whole minutes below an hour and a half, then hours. */
export function roughly(ms: number): { readonly count: number; readonly unit: 'seconds' | 'minutes' | 'hours' } {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 60) return { count: seconds, unit: 'seconds' }
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return { count: minutes, unit: 'minutes' }
  return { count: Math.round(minutes / 60), unit: 'hours' }
}

/** A moment as Discord shows it in everybody's own time zone: `t` the time of day, `f` with its day, `R` "5 minutes ago". */
export function moment(at: number, style: 't' | 'f' | 'R'): string {
  return `<t:${Math.floor(at / 1000)}:${style}>`
}
