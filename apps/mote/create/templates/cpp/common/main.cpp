#include "service.hpp"

int main() {
    mote::service service = make_service();
    return mote::run(service);  // connects, serves, drains on SIGINT and SIGTERM, returns the exit code
}
