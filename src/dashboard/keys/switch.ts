const SETTING = 'billingwatch.keys'

/** Single keys act unless somebody has switched that off: speech input and slips of the hand press them too. */
export const keysAreOn = (): boolean => localStorage.getItem(SETTING) !== 'off'

export const switchKeys = (on: boolean): void => localStorage.setItem(SETTING, on ? 'on' : 'off')
