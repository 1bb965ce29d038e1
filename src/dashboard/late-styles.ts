// esbuild does not load the styles of what is loaded later: all that those parts use is in the first sheet.
import 'uplot/dist/uPlot.min.css'
import './screens/anomaly/anomaly.module.css'
import './screens/events/events.module.css'
import './screens/explore/explore.module.css'
import './screens/health/health.module.css'
import './ui/chart/chart.module.css'
import './ui/screen.module.css'
