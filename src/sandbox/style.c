/* Style sheet and page frame. */
#include "sandbox/style.h"

#include <stdio.h>

#define FONT_MAX (1024 * 1024)

struct strbuf style_font;

const char style_sheet[] =
    "@font-face{font-family:Vazirmatn;src:local('Vazirmatn'),url(/font.woff2) format('woff2');font-weight:100 900;font-display:swap}\n"
    ":root{--ink:#172033;--soft:#667085;--line:#e4e8f0;--paper:#fff;--ground:#eef2f7;--brand:#0f766e;"
    "--deep:#0b4f4a;--tint:#e6f5f3;--bad:#b42318;--bad-tint:#fdecea;--warn:#92580a;--warn-tint:#fff4dc}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e8ecf4;--soft:#98a2b6;--line:#2b3446;--paper:#182030;"
    "--ground:#0e1420;--brand:#2bb3a6;--deep:#0b4f4a;--tint:#12322f;--bad:#ff8a7d;--bad-tint:#3a1a18;"
    "--warn:#f3c969;--warn-tint:#38290d}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);line-height:1.8;"
    "font-family:Vazirmatn,Vazir,'Noto Sans Arabic','Segoe UI',Tahoma,'DejaVu Sans',sans-serif}\n"
    "main{max-width:27rem;margin:0 auto;padding:1rem 1rem 3rem}\n"
    "body.wide main{max-width:64rem}\n"
    "a{color:var(--brand)}\n"
    "h1{font-size:1.15rem;margin:0}h2{font-size:1rem;margin:1.5rem 0 .5rem}\n"
    ".top{display:flex;align-items:center;gap:.75rem;padding:.5rem 0 1rem}\n"
    ".top svg{width:2.5rem;height:2.5rem;flex:none}.top small{display:block;color:var(--soft);line-height:1.4}\n"
    ".chip{margin-inline-start:auto;background:var(--warn-tint);color:var(--warn);border-radius:99px;"
    "padding:.1rem .75rem;font-size:.8rem;white-space:nowrap}\n"
    ".sheet{background:var(--paper);border-radius:1.25rem;box-shadow:0 1px 2px #0f17291a,0 12px 32px #0f172914;"
    "overflow:hidden;margin-bottom:1rem}\n"
    ".pad{padding:1.25rem}\n"
    ".sum{background:linear-gradient(135deg,#0b4f4a,#0f766e 55%,#1a9385);color:#fff;padding:1.4rem 1.25rem 1.2rem}\n"
    ".sum p{margin:0;opacity:.85;font-size:.9rem}.sum b{display:block;font-size:2rem;line-height:1.5;letter-spacing:-.01em}\n"
    ".sum b small{font-size:1rem;font-weight:400}\n"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:0;font-size:.9rem}\n"
    "dt{color:var(--soft)}dd{margin:0;text-align:left;overflow-wrap:anywhere}\n"
    "hr{border:0;border-top:1px dashed var(--line);margin:1rem 0}\n"
    "label{display:block;font-size:.85rem;color:var(--soft);margin-bottom:.75rem}\n"
    "input,select{width:100%;font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--line);"
    "border-radius:.75rem;padding:.5rem .75rem;min-height:3rem}\n"
    "input:focus,select:focus,button:focus-visible,summary:focus-visible{outline:3px solid var(--brand);outline-offset:1px}\n"
    "input.num{direction:ltr;text-align:center;letter-spacing:.08em;font-variant-numeric:tabular-nums}\n"
    "input.card{font-size:1.2rem}\n"
    ".row{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}.row.three{grid-template-columns:1fr 1fr 1fr}\n"
    "button,.button{display:block;width:100%;font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer;"
    "border:1px solid var(--line);border-radius:.85rem;background:var(--paper);color:var(--ink);padding:.55rem 1rem;min-height:3rem}\n"
    "button.main,.button.main{background:var(--brand);border-color:transparent;color:#fff;font-size:1.05rem;min-height:3.4rem;"
    "margin-bottom:.6rem}\n"
    "@media (prefers-color-scheme:dark){button.main,.button.main{color:#04211e}}\n"
    "button:hover,.button:hover{filter:brightness(.97)}\n"
    "button.quiet{border-color:transparent;color:var(--bad);background:var(--bad-tint)}\n"
    "details{padding:1rem 1.25rem}summary{cursor:pointer;font-weight:600}\n"
    "details p{margin:.25rem 0 .75rem;color:var(--soft);font-size:.85rem}\n"
    ".scenes{display:grid;gap:.6rem}.scenes button{text-align:start;font-weight:500;padding:.6rem 1rem}\n"
    ".scenes small{display:block;color:var(--soft);font-weight:400;line-height:1.5}\n"
    ".late{display:grid;grid-template-columns:1fr 9rem;gap:.6rem}\n"
    ".note{border-radius:.85rem;padding:.6rem 1rem;margin:0 0 1rem;background:var(--bad-tint);color:var(--bad);font-size:.9rem}\n"
    ".mark{width:4.5rem;height:4.5rem;border-radius:50%;display:grid;place-items:center;margin:.5rem auto 1rem;font-size:2.2rem;"
    "background:var(--tint);color:var(--brand)}.mark.bad{background:var(--bad-tint);color:var(--bad)}\n"
    ".mark.wait{background:none;border:.4rem solid var(--line);border-top-color:var(--brand);animation:turn 1s linear infinite}\n"
    "@keyframes turn{to{transform:rotate(1turn)}}\n"
    "@media (prefers-reduced-motion:reduce){.mark.wait{animation:none}}\n"
    ".center{text-align:center}.soft{color:var(--soft);font-size:.9rem}.foot{text-align:center;color:var(--soft);font-size:.8rem}\n"
    ".ltr{direction:ltr;unicode-bidi:isolate;display:inline-block;font-variant-numeric:tabular-nums}\n"
    "nav{display:flex;gap:.5rem;flex-wrap:wrap;margin:0 0 1rem}nav a{padding:.3rem .9rem;border-radius:99px;background:var(--paper);"
    "text-decoration:none;color:var(--ink);border:1px solid var(--line)}nav a[aria-current]{background:var(--brand);color:#fff;border-color:transparent}\n"
    ".tiles{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr))}\n"
    ".tile{display:block;background:var(--paper);border-radius:1.1rem;padding:1.1rem 1.25rem;color:inherit;text-decoration:none;"
    "box-shadow:0 1px 2px #0f17291a}.tile b{font-size:1.05rem}.tile .big{float:inline-end;font-size:1.6rem;color:var(--brand)}\n"
    ".tile p{margin:.25rem 0 0;color:var(--soft);font-size:.88rem}\n"
    ".msg{background:var(--paper);border-radius:1.1rem 1.1rem 1.1rem .3rem;padding:.9rem 1.1rem;margin-bottom:.8rem;box-shadow:0 1px 2px #0f17291a}\n"
    ".msg header{display:flex;gap:.75rem;color:var(--soft);font-size:.85rem;flex-wrap:wrap}.msg header time{margin-inline-start:auto}\n"
    ".msg p{unicode-bidi:plaintext;margin:.35rem 0;white-space:pre-wrap;overflow-wrap:anywhere}.msg h3{margin:.35rem 0 0;font-size:1rem}\n"
    ".code{display:flex;gap:.5rem;align-items:center;margin-top:.5rem}.code output{font-size:1.4rem;letter-spacing:.2em;direction:ltr;"
    "user-select:all;background:var(--tint);color:var(--brand);padding:.1rem .9rem;border-radius:.7rem;font-weight:700}\n"
    ".code button{width:auto;min-height:2.4rem;padding:.2rem 1rem;display:none}.js .code button{display:block}\n"
    "table{width:100%;border-collapse:collapse;background:var(--paper);border-radius:1.1rem;overflow:hidden;font-size:.9rem}\n"
    "th,td{padding:.6rem .9rem;text-align:start;border-bottom:1px solid var(--line);vertical-align:middle}th{color:var(--soft);font-weight:500}\n"
    "tr:last-child td{border-bottom:0}td form{display:inline}td button{display:inline-block;width:auto;min-height:2.1rem;padding:.1rem .8rem;"
    "font-size:.85rem}.scroll{overflow-x:auto}\n"
    ".state{border-radius:99px;padding:.1rem .8rem;font-size:.82rem;white-space:nowrap;background:var(--warn-tint);color:var(--warn)}\n"
    ".state.good{background:var(--tint);color:var(--brand)}.state.bad{background:var(--bad-tint);color:var(--bad)}\n"
    "code{direction:ltr;unicode-bidi:isolate;background:var(--ground);padding:.05rem .4rem;border-radius:.4rem;font-size:.85em}\n";

void style_load_font(const char *path)
{
    FILE *f = fopen(path, "re");
    char chunk[4096];
    size_t n;
    if (!f)
        return;
    while (style_font.len < FONT_MAX && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        strbuf_add(&style_font, chunk, n);
    fclose(f);
}

void style_head(struct strbuf *b, const char *title, const char *kind, int refresh, const char *refresh_url)
{
    strbuf_str(b, "<!doctype html>\n<html lang=\"fa\" dir=\"rtl\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"robots\" content=\"noindex\">\n");
    if (refresh > 0) {
        strbuf_printf(b, "<meta http-equiv=\"refresh\" content=\"%d; url=", refresh);
        strbuf_html(b, refresh_url);
        strbuf_str(b, "\">\n");
    }
    strbuf_str(b, "<title>");
    strbuf_html(b, title);
    strbuf_printf(b, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
                     "<link rel=\"icon\" href=\"data:,\">\n</head>\n<body class=\"%s\">\n<main>\n", kind);
}

void style_foot(struct strbuf *b)
{
    strbuf_str(b, "</main>\n</body>\n</html>\n");
}
