#pragma once

// In tests `testing` is GoogleTest's, not the module mote/testing that stands nearer.

namespace testing {}

namespace mote::test {
namespace testing = ::testing;
}
