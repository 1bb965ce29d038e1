export * from './facts.ts'
export * from './times.ts'
