const SETTING = 'billingwatch.theme'

/** Shows the theme that was chosen here, else what the system prefers. */
export function applyTheme(): void {
  const chosen = localStorage.getItem(SETTING)
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen
}

/** From light to dark or back. */
export function switchTheme(): void {
  const shown = document.documentElement.dataset['theme']
  const dark = shown ? shown === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  localStorage.setItem(SETTING, dark ? 'light' : 'dark')
  applyTheme()
}
