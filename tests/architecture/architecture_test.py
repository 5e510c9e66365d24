#!/usr/bin/env python3
"""Shows that architecture.py finds what it is there to find, on small trees of its own."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("architecture.py")
GOOD = {
    "README.md": "",
    ".ci/run": "",
    "build-mine/notes": "",
    "sdk/include/asmgr/plugin.h": "#include <stdint.h>\n",
    "core/include/asmgr/session_manager.hpp": '#include "core/config/deployment.hpp"\n',
    "core/model/event.hpp": '#include <asmgr/plugin.h>\n#include "core/model/time.hpp"\n',
    "core/model/time.hpp": "",
    "core/config/deployment.hpp": '#include "core/model/event.hpp"\n',
    "plugins/shell/shell.cpp": '#include <asmgr/plugin.h>\n#include "plugins/shell/command.hpp"\n',
    "plugins/shell/command.hpp": "// never core/\n",
    "host/cli/main.cpp": "#include <asmgr/session_manager.hpp>\n",
}


def check(changes):
    """The exit code and the output for the good tree with some files put over it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **changes}.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, "-B", CHECK, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Architecture(unittest.TestCase):
    def finds(self, name, text, expected):
        self.assertEqual(check({name: text}), (1, expected + "\n"))

    def test_accepts_a_tree_that_keeps_the_rules(self):
        self.assertEqual(check({}), (0, ""))

    def test_a_plugin_may_not_use_core(self):
        self.finds("plugins/shell/x.cpp", '\n#include "core/model/event.hpp"\n',
                   "plugins/shell/x.cpp:2: includes core/model/event.hpp: plugins may not use core")

    def test_a_plugin_may_not_use_core_by_its_public_header(self):
        self.finds("plugins/shell/x.cpp", "#  include <asmgr/session_manager.hpp>\n",
                   "plugins/shell/x.cpp:1: includes asmgr/session_manager.hpp: plugins may not use core")

    def test_a_plugin_may_not_use_core_by_a_relative_path(self):
        self.finds("plugins/shell/x.cpp", '#include "../../core/model/time.hpp"\n',
                   "plugins/shell/x.cpp:1: includes ../../core/model/time.hpp: plugins may not use core")

    def test_a_plugin_may_not_use_another_plugin(self):
        self.finds("plugins/memory/x.cpp", '#include "plugins/shell/command.hpp"\n',
                   "plugins/memory/x.cpp:1: includes plugins/shell/command.hpp: a plugin may not use another plugin")

    def test_the_sdk_may_not_use_the_host(self):
        self.finds("sdk/toolkit/x.hpp", '#include "host/cli/main.hpp"\n',
                   "sdk/toolkit/x.hpp:1: includes host/cli/main.hpp: sdk may not use host")

    def test_core_may_not_use_plugins_or_tests(self):
        self.finds("core/model/x.cpp", '#include "plugins/shell/command.hpp"\n',
                   "core/model/x.cpp:1: includes plugins/shell/command.hpp: core may not use plugins")
        self.finds("core/model/x.cpp", '#include "tests/data/x.hpp"\n',
                   "core/model/x.cpp:1: includes tests/data/x.hpp: core may not use tests")

    def test_a_folder_of_core_may_not_use_a_later_one(self):
        self.finds("core/model/x.cpp", '#include "core/config/deployment.hpp"\n',
                   "core/model/x.cpp:1: includes core/config/deployment.hpp: "
                   "core/model may not use core/config, which comes after it")

    def test_a_folder_of_core_may_not_use_the_public_header(self):
        self.finds("core/config/x.cpp", "#include <asmgr/session_manager.hpp>\n",
                   "core/config/x.cpp:1: includes asmgr/session_manager.hpp: core/include is not for core's own folders")

    def test_a_new_folder_of_core_needs_a_place(self):
        self.finds("core/util/x.cpp", '#include "core/model/time.hpp"\n',
                   "core/util/x.cpp:1: includes core/model/time.hpp: core/util has no place in the order of core's folders")

    def test_the_precompiled_header_uses_no_folder(self):
        self.finds("core/pch.hpp", '#include "core/model/time.hpp"\n',
                   "core/pch.hpp:1: includes core/model/time.hpp: core/pch.hpp may not use core/model, which comes after it")

    def test_nothing_else_stands_at_the_top(self):
        self.finds("docs/page.md", "", "docs: may not stand at the top of the tree")

    def test_an_empty_tree_is_a_mistake(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, "-B", CHECK, folder], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("no source files here", done.stdout)


if __name__ == "__main__":
    unittest.main()
