from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0002_add_identities")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="form_id",
            field=models.UUIDField(
                editable=False, help_text="The form that made it: one makes one.", null=True, unique=True
            ),
        ),
    ]
