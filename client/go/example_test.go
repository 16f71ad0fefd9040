// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"secprof.io/secprof"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client, err := secprof.Dial(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	caps, err := secprof.ParseCaps([]string{"CAP_NET_ADMIN"})
	if err != nil {
		log.Fatal(err)
	}
	filter, err := client.Get(ctx, "default", &secprof.Options{Caps: caps})
	if errors.Is(err, secprof.NotFound) {
		log.Fatal("there is no profile called default")
	} else if err != nil {
		log.Fatal(err)
	}
	fmt.Println(filter.Insns, "instructions")

	cmd := client.Command(ctx, "default", "uname", "-sr")
	cmd.Stdout = os.Stdout
	if err := cmd.Run(); err != nil {
		log.Fatal(err)
	}
}
