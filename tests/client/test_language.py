"""Which language lvzhi speaks: Chinese, unless the environment or --lang asks for English. Needs no centre."""

import os
import subprocess
import unittest

import centre as c

LISTED = {"zh": "等着您办的事，最急的在前", "en": "what waits for you, the most urgent first"}
WORD = {"zh": "满意", "en": "satisfied"}
NAMES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG")


def said(*argv, **environment):
    """What lvzhi prints where of the environment's language only this is set."""
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run([c.LVZHI, *argv], env=kept | environment, capture_output=True, timeout=10, check=True)
    return done.stdout.decode("utf-8")


class Language(unittest.TestCase):
    def assert_speaks(self, language, *argv, **environment):
        """The noun, its command and what stands around them are in that language and not in the other."""
        text = said(*argv, "todo", "--help", **environment)
        other = {"zh": "en", "en": "zh"}[language]
        self.assertIn(LISTED[language], text)
        self.assertNotIn(LISTED[other], text)
        self.assertIn({"zh": "例：", "en": "example:"}[language], text)

    def test_chinese_is_the_default(self):
        self.assert_speaks("zh")

    def test_c_is_chinese(self):
        self.assert_speaks("zh", LANG="C")
        self.assert_speaks("zh", LC_ALL="C")
        self.assert_speaks("zh", LANG="C.UTF-8")

    def test_another_language_is_chinese(self):
        self.assert_speaks("zh", LANG="zh_CN.UTF-8")
        self.assert_speaks("zh", LANG="de_DE.UTF-8")

    def test_english_without_an_english_locale_installed(self):
        self.assert_speaks("en", LC_ALL="en_US.UTF-8")
        self.assert_speaks("en", LC_MESSAGES="en_GB.UTF-8")
        self.assert_speaks("en", LANG="en_US.UTF-8")

    def test_language_is_asked_first_and_lang_last(self):
        self.assert_speaks("en", LANGUAGE="en")
        self.assert_speaks("en", LANGUAGE="en", LC_ALL="zh_CN.UTF-8", LANG="zh_CN.UTF-8")
        self.assert_speaks("zh", LANGUAGE="zh_CN", LANG="en_US.UTF-8")
        self.assert_speaks("zh", LC_ALL="C.UTF-8", LANG="en_US.UTF-8")
        self.assert_speaks("en", LANGUAGE="", LC_ALL="", LANG="en_US.UTF-8")

    def test_the_option_wins(self):
        self.assert_speaks("en", "--lang", "en", LANG="zh_CN.UTF-8")
        self.assert_speaks("en", "--lang", "en", LC_ALL="C")
        self.assert_speaks("zh", "--lang", "zh", LANGUAGE="en", LC_ALL="en_US.UTF-8")

    def test_the_protocols_words_follow(self):
        for language in ("zh", "en"):
            lines = said("--lang", language, "feedback", "rate", "--help").split("\n")
            rated = [line.split() for line in lines if line.split()[:1] == ["satisfied"]]
            self.assertEqual(rated, [["satisfied", WORD[language]]])

    def test_no_help_in_english_has_chinese_but_its_examples(self):
        for noun in ("meeting", "attendance", "leave", "feedback", "suggestion", "todo", "notice", "search", "calendar",
                     "steps"):
            for line in said("--lang", "en", noun, "--help").split("\n"):
                if not line.startswith("example:"):
                    self.assertTrue(line.isascii(), line)
