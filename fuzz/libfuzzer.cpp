#include <fuzz/target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return mote::fuzz::MOTE_FUZZ_TARGET(data, size);
}
