import './app/app-shell.ts'
import { keepOfflineCopy } from './offline.ts'

addEventListener('load', () => void keepOfflineCopy())
