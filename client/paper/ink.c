#include "ink.h"

#include <pango/pangocairo.h>
#include <string.h>

/* The first that is installed is taken; where none is, whatever the system has for a character. */
#define SERIF "Noto Serif CJK SC,Source Han Serif SC,Noto Serif SC,SimSun,STSong,AR PL UMing CN"
#define SANS  "Noto Sans CJK SC,Source Han Sans SC,Noto Sans SC,SimHei,Microsoft YaHei,WenQuanYi Zen Hei"
#define MONO  "Noto Sans Mono CJK SC,Noto Sans Mono,DejaVu Sans Mono"

/* Sizes of official papers: 小二 18, 小四 12, 五号 10.5, 小五 9. Three fonts do: each takes some 30 MB of memory. */
static const struct {
    const char *family;
    double size, line;
    bool bold;
} styles[INK_STYLES] = {
    [INK_TITLE] = {SERIF, 18, 26, true},   [INK_SUBTITLE] = {SERIF, 12, 18, false},
    [INK_HEADING] = {SANS, 11, 18, false}, [INK_BODY] = {SERIF, 10.5, 17, false},
    [INK_CELL] = {SERIF, 9, 13, false},    [INK_LABEL] = {SANS, 9, 13, false},
    [INK_NOTE] = {SERIF, 9, 13, false},    [INK_SMALL] = {SANS, 7.5, 10, false},
    [INK_CODE] = {MONO, 20, 26, false},
};

enum { EXAMPLE = 0x4EE3 /* 代 */ };

struct ink {
    PangoContext *context;
    PangoLayout *layouts[INK_STYLES];
};

static bool has_chinese(PangoContext *context) {
    PangoFontDescription *description = pango_font_description_from_string(SERIF);
    PangoFontset *fonts = pango_font_map_load_fontset(pango_context_get_font_map(context), context, description,
                                                      pango_language_from_string("zh-cn"));
    PangoFont *font = fonts != NULL ? pango_fontset_get_font(fonts, EXAMPLE) : NULL;
    bool has = font != NULL && pango_font_has_char(font, EXAMPLE);
    g_clear_object(&font);
    g_clear_object(&fonts);
    pango_font_description_free(description);
    return has;
}

static PangoLayout *make_layout(PangoContext *context, enum ink_style style) {
    PangoLayout *layout = pango_layout_new(context);
    PangoFontDescription *font = pango_font_description_from_string(styles[style].family);
    PangoAttrList *attributes = pango_attr_list_new();
    pango_font_description_set_absolute_size(font, styles[style].size * PANGO_SCALE);
    pango_font_description_set_weight(font, styles[style].bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    /* Every line is as high as every other, whatever fonts it is made of: a long text can be cut between two. */
    pango_attr_list_insert(attributes, pango_attr_line_height_new_absolute((int)(styles[style].line * PANGO_SCALE)));
    /* A code or a digest reads letter by letter, and has no hyphen that is not its own. */
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
    pango_attr_list_insert(attributes, pango_attr_font_features_new("liga=0"));
    if (style == INK_CODE)
        pango_attr_list_insert(attributes, pango_attr_letter_spacing_new(3 * PANGO_SCALE));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    return layout;
}

static PangoContext *make_context(void) {
    PangoFontMap *map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    PangoContext *context = pango_font_map_create_context(map);
    g_object_unref(map);
    pango_cairo_context_set_resolution(context, 72);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
    /* Glyphs stand where they are on paper, not on a screen's dots. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    return context;
}

struct ink *ink_get(void) {
    static struct ink ink;
    if (ink.context != NULL)
        return &ink;
    PangoContext *context = make_context();
    if (!has_chinese(context)) {
        g_object_unref(context);
        return NULL;
    }
    ink.context = context;
    for (size_t i = 0; i < INK_STYLES; i++)
        ink.layouts[i] = make_layout(context, (enum ink_style)i);
    return &ink;
}

double ink_size(enum ink_style style) {
    return styles[style].size;
}

double ink_line(enum ink_style style) {
    return styles[style].line;
}

/* So few characters that they fit whatever they are: none of these scripts' is wider than the font is high. */
static bool surely_fits(enum ink_style style, const char *text, double width) {
    const double most = width / styles[style].size;
    double count = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool ascii = *at >= 0x20 && *at < 0x7F, cjk = *at >= 0xE3 && *at <= 0xE9, rest = (*at & 0xC0) == 0x80;
        if ((!ascii && !cjk && !rest) || (!rest && ++count > most))
            return false;
    }
    return true;
}

static PangoLayout *set_text(struct ink *ink, enum ink_style style, const char *text, double width) {
    PangoLayout *layout = ink->layouts[style];
    pango_layout_set_width(layout, width < 0 ? -1 : (int)(width * PANGO_SCALE));
    pango_layout_set_text(layout, text, -1);
    return layout;
}

size_t ink_lines(struct ink *ink, enum ink_style style, const char *text, double width) {
    if (surely_fits(style, text, width))
        return 1;
    int lines = pango_layout_get_line_count(set_text(ink, style, text, width));
    return lines > 1 ? (size_t)lines : 1;
}

double ink_width(struct ink *ink, enum ink_style style, const char *text) {
    PangoRectangle logical;
    pango_layout_get_extents(set_text(ink, style, text, -1), NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

void ink_draw(struct ink *ink, cairo_t *cairo, enum ink_style style, const char *text, double x, double y, double width,
              enum document_align align) {
    if (text[0] == '\0')
        return;
    PangoLayout *layout = set_text(ink, style, text, width);
    pango_layout_set_alignment(layout, align == DOCUMENT_LEFT     ? PANGO_ALIGN_LEFT
                                       : align == DOCUMENT_CENTRE ? PANGO_ALIGN_CENTER
                                                                  : PANGO_ALIGN_RIGHT);
    cairo_move_to(cairo, x, y);
    pango_cairo_show_layout(cairo, layout);
}
