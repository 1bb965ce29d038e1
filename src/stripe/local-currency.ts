/** Currencies with the countries that pay in them; some countries use two. */
const COUNTRIES = `
  aed AE, afn AF, all AL, amd AM, aoa AO, ars AR, aud AU KI NR TV NF CX CC, awg AW, azn AZ, bam BA,
  bbd BB, bdt BD, bgn BG, bhd BH, bif BI, bmd BM, bnd BN, bob BO, brl BR, bsd BS, bwp BW, byn BY,
  bzd BZ, cad CA, cdf CD, chf CH LI, clp CL, cny CN, cop CO, crc CR, cve CV, czk CZ, djf DJ,
  dkk DK FO GL, dop DO, dzd DZ, egp EG, etb ET,
  eur AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK AD MC SM VA ME XK AX GF GP MQ RE YT PM BL MF,
  fjd FJ, fkp FK, gbp GB IM JE GG, gel GE, ghs GH, gip GI, gmd GM, gnf GN, gtq GT, gyd GY, hkd HK,
  hnl HN, htg HT, huf HU, idr ID, ils IL PS, inr IN BT, isk IS, jmd JM, jod JO PS, jpy JP, kes KE,
  kgs KG, khr KH, kmf KM, krw KR, kwd KW, kyd KY, kzt KZ, lak LA, lbp LB, lkr LK, lrd LR, lsl LS,
  mad MA EH, mdl MD, mga MG, mkd MK, mmk MM, mnt MN, mop MO, mur MU, mvr MV, mwk MW, mxn MX, myr MY,
  mzn MZ, nad NA, ngn NG, nio NI, nok NO SJ, npr NP, nzd NZ CK NU TK PN, omr OM, pab PA, pen PE,
  pgk PG, php PH, pkr PK, pln PL, pyg PY, qar QA, ron RO, rsd RS, rub RU, rwf RW, sar SA, sbd SB,
  scr SC, sek SE, sgd SG, shp SH, sle SL, sos SO, srd SR, std ST, szl SZ, thb TH, tjs TJ, tnd TN,
  top TO, try TR, ttd TT, twd TW, tzs TZ, uah UA, ugx UG,
  usd US PR GU VI AS MP UM EC SV PA FM MH PW TL TC VG BQ ZW KH LB, uyu UY, uzs UZ, vnd VN, vuv VU,
  wst WS, xaf CM CF CG GA GQ TD, xcd AG AI DM GD KN LC MS VC, xof BF BJ CI GW ML NE SN TG,
  xpf NC PF WF, yer YE, zar ZA LS NA SZ, zmw ZM
`

const LOCAL = new Map(
  COUNTRIES.split(',').map((entry) => {
    const [currency = '', ...countries] = entry.trim().split(' ')
    return [currency, new Set(countries)]
  }),
)

/** Whether people pay in this currency (lower case) in this country (ISO 3166, upper case). */
export const isLocalCurrency = (currency: string, country: string): boolean =>
  LOCAL.get(currency)?.has(country) ?? false
