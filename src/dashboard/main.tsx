import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './ui/base.css'
import './late-styles.ts'
import { App } from './app.tsx'
import { applyTheme } from './ui/theme.ts'

applyTheme()

const root = document.createElement('div')
document.body.append(root)
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
