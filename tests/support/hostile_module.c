/* What somebody might leave in a working directory as libggml-cpu-*.so: it claims to be the best
   CPU backend, and leaves a file where it was loaded. */
#include <stdio.h>

__attribute__((constructor)) static void leave_a_mark(void) {
    FILE* mark = fopen("hostile-module-was-here", "w");
    if (mark != NULL) {
        fclose(mark);
    }
}

int ggml_backend_score(void) { return 1 << 20; }

void* ggml_backend_init(void) { return NULL; }
