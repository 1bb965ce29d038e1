/** Names of classes as esbuild makes them unique, by the names that the file gives them. */
declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>
  export default classes
}

declare module '*.css'
