import { manyTenants } from './tenants.ts'

await manyTenants(process.argv[2] ?? '', 'x'.repeat(40), Number(process.argv[3]))
