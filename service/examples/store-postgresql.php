#!/usr/bin/env php
<?php
# SPDX-License-Identifier: ISC
# The same as store-postgresql, for those who write PHP: the table and its key
# are described there.
#
# In the routes:   mail@example.org   command /usr/local/bin/store-postgresql.php DSN
#
# DSN is one of PDO's: pgsql:dbname=mail, or sqlite:FILE with the same table.

try {
	$db = new PDO($argv[1], null, null,
	    [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
	$row = $db->prepare('INSERT INTO mail
	    (id, number, sender, recipient, message)
	    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
	foreach (['MAILGRAVE_ID', 'MAILGRAVE_RCPT', 'SENDER', 'RECIPIENT']
	    as $i => $name)
		$row->bindValue($i + 1, getenv($name));
	$row->bindValue(5, stream_get_contents(STDIN), PDO::PARAM_LOB);
	$row->execute();
} catch (PDOException $e) {
	echo $e->getMessage(), "\n";
	exit(75);	# to be tried again
}
