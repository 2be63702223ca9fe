#pragma once

#include <tests/support/process.hpp>
#include <tests/support/program.hpp>

#include <cstdlib>
#include <string>
#include <vector>

namespace mote::test {

/// What `script`, tests/micro/validate_openapi.py, says of the documents in these files; exit code 77 where no Python has its
/// package. Python may be there without it: MOTE_TEST_PYTHON names one that has it.
inline run_result validate_openapi(const std::string& script, const std::vector<std::string>& files) {
    std::vector<std::string> pythons{"python3", "/usr/bin/python3"};
    if (const char* const chosen = std::getenv("MOTE_TEST_PYTHON")) pythons.insert(pythons.begin(), chosen);
    run_result result;
    result.exit_code = 77;
    for (const auto& python : pythons) {
        if (!find_program(python)) continue;
        std::vector<std::string> line{python, script};
        line.insert(line.end(), files.begin(), files.end());
        result = run(line);
        if (result.exit_code != 77) break;
    }
    return result;
}

}  // namespace mote::test
