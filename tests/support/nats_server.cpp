#include <tests/support/nats_server.hpp>

#include <tests/support/program.hpp>

namespace mote::test {

bool require_nats_server() {
    if (find_nats_server()) return true;
    skip_or_fail("needs nats-server: not in PATH, /usr/local/bin, /usr/sbin, nor named by MOTE_TEST_NATS_SERVER");
    return false;
}

}  // namespace mote::test
