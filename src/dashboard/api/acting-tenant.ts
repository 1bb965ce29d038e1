const SETTING = 'billingwatch.tenant'

/** In which tenant an operator acts in this tab; undefined for everybody else. */
export const actingTenant = (): string | undefined => sessionStorage.getItem(SETTING) ?? undefined

/** @param id undefined goes back to the list of tenants */
export function actIn(id: string | undefined): void {
  if (id === undefined) sessionStorage.removeItem(SETTING)
  else sessionStorage.setItem(SETTING, id)
}
